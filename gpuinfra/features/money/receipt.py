"""What a stack has cost from its making to its end, every second and cent of it, and what is left. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from gpuinfra.features.money.rate import ADDRESS, DISK, HOST, NAT
from gpuinfra.features.money.rates import (
    HOUR_S,
    HOURS_A_MONTH,
    RUNNING,
    STOPPED,
    Item,
    Price,
    Span,
    iso,
    seconds,
)
from gpuinfra.features.money.receipt_line import ReceiptLine, clock, ran_as
from gpuinfra.features.money.spent import LEAST_S, RateOf, closed, spent
from gpuinfra.ground.text import count

# In the words of tools/aws/attached.py; one of another type than gp3, or with more IOPS, says so after it.
VOLUME = re.compile(r"volume \S+, (\d+) GB\Z")

# What the names of things that cost money begin with; resource_names has them.
COSTLY = ("host", "disk", "NAT", "public address")


class PricesOfLeft(Protocol):
    """The prices of what may be left."""

    def disk(self, size_gb: int) -> Price:
        """Return the price of a gp3 volume."""

    def address(self) -> Price:
        """Return the price of a public address."""

    def nat_gateway(self) -> Price:
        """Return the price of a NAT gateway."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is still there; ours: `down` was to remove it. usd_month None: unknown."""

    what: str
    usd_month: float | None
    is_ours: bool


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The receipt of one stack. gone: what was made and is no more, by name and id. ended: ISO 8601, UTC.

    unseen_s: nobody saw whether the host ran then; counted as running. has_short_starts: a start lasted less
    than the minute that AWS bills at least.
    """

    stack: str
    region: str
    host: str
    began: str
    ended: str
    lines: tuple[ReceiptLine, ...]
    gone: tuple[str, ...]
    kept: tuple[Kept, ...]
    unseen_s: float
    has_short_starts: bool

    @property
    def usd(self) -> float:
        """Return the sum of what is known."""
        return sum(line.usd or 0.0 for line in self.lines)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the things whose price is unknown."""
        return tuple(line.name for line in self.lines if line.usd is None)

    @property
    def paid_ahead(self) -> tuple[str, ...]:
        """Return the things that were paid in advance, for all or some of the time."""
        return tuple(line.name for line in self.lines if line.is_paid_ahead)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        sums = {"usd": self.usd, "unknown": list(self.unknown), "paid_ahead": list(self.paid_ahead)}
        return {**asdict(self), **sums}

    def text(self) -> list[str]:
        """Return it as lines for people."""
        least = "at least" if self.unknown else "together"
        head = f"receipt: stack {self.stack!r}, {self.host} in {self.region}, since {self.began or 'unknown'}"
        rows = [line.text() for line in self.lines]
        if rows:
            block = ", and without what its Capacity Block cost" if self.paid_ahead else ""
            rows.append(f"  {least:<12} {self.usd:>10.2f} USD  without traffic and tax{block}")
        else:
            rows.append("  cost         unknown: AWS does not say when the host was started")
        if self.has_short_starts:
            rows.append(f"  {LEAST_S:.0f} s at least are billed for each start")
        rows += [f"  unknown price: {', '.join(names)} ({why})" for why, names in self._whys().items()]
        if self.unseen_s:
            rows.append(f"  {clock(self.unseen_s)} of it nobody saw; counted as running")
        rows += [f"  still there  {it.what}: {_month(it.usd_month)}" for it in self.kept]
        costly = [it for it in self.gone if it.startswith(COSTLY)]
        others = len(self.gone) - len(costly)
        free = f"{count(others, 'thing')} that cost nothing" if others else ""
        return [head, *rows, f"  gone         {' and '.join(filter(None, [', '.join(costly), free]))}"]

    def _whys(self) -> dict[str, list[str]]:
        """Return what has no known price, by the reason."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            if line.usd is None:
                found.setdefault(line.why, []).append(line.name)
        return found


def receipt(
    *,
    stack: str,
    region: str,
    host: str,
    spans: Sequence[Span],
    rate_of: RateOf,
    gone: Sequence[str],
    kept: Sequence[Kept],
    now: float,
    copies: ReceiptLine | None = None,
) -> Receipt:
    """Make one. A fixed address and a NAT gateway go after the host: they are counted until now."""
    times = closed(spans, now)
    starts = (s for s in times if s.state == RUNNING and not s.unseen)
    return Receipt(
        stack=stack,
        region=region,
        host=host,
        began=iso(times[0].began) if times else "",
        ended=iso(now),
        lines=(*_lines(times, rate_of, now), *([copies] if copies else [])) if times else (),
        gone=tuple(gone),
        kept=tuple(kept),
        unseen_s=sum((span.ended or now) - span.began for span in times if span.unseen),
        has_short_starts=any((s.ended or now) - s.began < LEAST_S for s in starts),
    )


def _lines(times: Sequence[Span], rate_of: RateOf, now: float) -> Iterator[ReceiptLine]:
    last = times[-1]
    after_s = max(0.0, now - (last.ended or now))
    prices = {it.name: it for it in rate_of(last.instance_type, last.market).items}
    running_s, stopped_s = (seconds(times, state, until=now) for state in (RUNNING, STOPPED))
    for item in spent(times, rate_of, now=now):
        price = prices[item.name]
        later_s = after_s if item.name not in (HOST, DISK) and price.stopped.usd_h != 0 else 0.0
        yield ReceiptLine(
            name=item.name,
            running_s=running_s,
            stopped_s=stopped_s + later_s,
            usd=_plus(item.usd, price.stopped, later_s),
            usd_h=price.running.usd_h,
            stopped_usd_h=price.stopped.usd_h,
            why=_why(price, is_unknown=item.usd is None),
            is_paid_ahead=item.is_paid_ahead,
            ran=ran_as(times, rate_of, HOST) if item.name == HOST else (),
        )


def kept(what: str, prices: PricesOfLeft, *, is_ours: bool) -> Kept:
    """Return something that is left with its price a month, as far as its words tell what it is."""
    if volume := VOLUME.match(what):
        price = prices.disk(int(volume[1]))
    elif what.startswith(f"{ADDRESS} "):
        price = prices.address()
    elif what.startswith(f"{NAT} "):
        price = prices.nat_gateway()
    else:
        price = Price(usd_h=None)
    usd_month = None if price.usd_h is None else price.usd_h * HOURS_A_MONTH
    return Kept(what=what, usd_month=usd_month, is_ours=is_ours)


def _plus(amount: float | None, price: Price, seconds: float) -> float | None:
    if amount is None or (price.usd_h is None and seconds):
        return None
    return amount + (price.usd_h or 0.0) * seconds / HOUR_S


def _why(item: Item, *, is_unknown: bool) -> str:
    """Return why a price is not known; another type, or market, than the last one may be the unknown one."""
    unknown = [price.why for price in (item.running, item.stopped) if price.usd_h is None]
    earlier = "of an earlier type or market" if is_unknown else ""
    return next(filter(None, unknown), "AWS told none") if unknown else earlier


def _month(usd_month: float | None) -> str:
    return "unknown price" if usd_month is None else f"{usd_month:.2f} USD a month"
