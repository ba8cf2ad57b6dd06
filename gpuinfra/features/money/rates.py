"""What things cost an hour, and for how long they did, as values. Pure.

Prices are USD an hour, times are seconds since 1970 (UTC). A price that nobody was told is None, no guess.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

HOUR_S = 3600
HOURS_A_MONTH = 730
RUNNING, STOPPED = "running", "stopped"


@dataclass(frozen=True, kw_only=True)
class Price:
    """USD an hour of one thing; None: unknown, and `why` says what would tell it. asked_at: ISO 8601, UTC.

    why beside a price: it is an old one, AWS could not be asked. cny_h: where AWS bills in CNY.
    is_paid_ahead: nothing of it is billed by the hour; what was paid is not known here.
    """

    usd_h: float | None
    asked_at: str = ""
    why: str = ""
    cny_h: float | None = None
    is_paid_ahead: bool = False


FREE = Price(usd_h=0.0)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing of a stack that costs money, with its price while the host runs and while it is stopped."""

    name: str
    running: Price
    stopped: Price


@dataclass(frozen=True, kw_only=True)
class Rate:
    """All that a stack costs an hour."""

    items: tuple[Item, ...]

    def usd_h(self, state: str) -> float | None:
        """Return the sum of a state (RUNNING, STOPPED); None when one price of it is unknown."""
        prices = [getattr(item, state).usd_h for item in self.items]
        return None if None in prices else sum(prices)

    def rest_usd_h(self, state: str) -> float | None:
        """Return the sum of what is billed by the hour, without what was paid ahead."""
        return Rate(items=tuple(it for it in self.items if not getattr(it, state).is_paid_ahead)).usd_h(state)

    def paid_ahead(self, state: str) -> list[str]:
        """Return the names of what was paid ahead."""
        return [it.name for it in self.items if getattr(it, state).is_paid_ahead]


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time that a host was running or stopped, as one type on one market; ended None: it still is.

    unseen: nobody saw what it did; counted as running, since AWS may have billed it.
    """

    state: str
    instance_type: str
    market: str
    began: float
    ended: float | None
    unseen: bool = False

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        ended = iso(self.ended) if self.ended is not None else ""
        return {**asdict(self), "began": iso(self.began), "ended": ended}


def seconds(spans: Sequence[Span], state: str, *, until: float) -> float:
    """Return how long a host was in a state, in seconds."""
    return sum((span.ended or until) - span.began for span in spans if span.state == state)


def iso(at: float) -> str:
    """Return a time in seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
