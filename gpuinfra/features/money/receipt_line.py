"""One line of a receipt: a thing, for how long it ran and was stopped, and what that cost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.money.hourly import usd
from gpuinfra.features.money.rates import HOUR_S, RUNNING, Span, seconds
from gpuinfra.features.money.spent import RateOf


@dataclass(frozen=True, kw_only=True)
class RanAs:
    """For how long a host ran as one type on one market, and at what price; usd_h None: unknown, see why."""

    instance_type: str
    market: str
    running_s: float
    usd_h: float | None
    why: str = ""

    def text(self) -> str:
        """Return it for people."""
        price = f"at {usd(self.usd_h)} USD an hour" if self.usd_h is not None or not self.why else self.why
        return f"{clock(self.running_s)} as {self.instance_type}, {self.market}, {price}"


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One thing: for how long it ran and was stopped, and what that cost; usd None: a price is unknown.

    usd_h, stopped_usd_h: its prices at the end. why: why one is unknown. is_paid_ahead: some of the time was
    paid in advance, and is not in `usd`. ran: of a host that was more than one type, or on two markets, each.
    """

    name: str
    running_s: float
    stopped_s: float
    usd: float | None
    usd_h: float | None
    stopped_usd_h: float | None
    why: str = ""
    is_paid_ahead: bool = False
    ran: tuple[RanAs, ...] = ()

    def text(self) -> str:
        """Return it for people."""
        return f"  {self.name:<12} {_amount(self):>10} USD  {_times(self)}"


def ran_as(spans: Sequence[Span], rate_of: RateOf, name: str) -> tuple[RanAs, ...]:
    """Return as what a host ran, and the price of `name` then; nothing if it was one kind alone."""
    running = [it for it in spans if it.state == RUNNING]
    kinds = dict.fromkeys((it.instance_type, it.market) for it in running)
    prices = {kind: {it.name: it.running for it in rate_of(*kind).items}[name] for kind in kinds}
    return tuple(
        RanAs(
            instance_type=kind[0],
            market=kind[1],
            running_s=seconds(
                [it for it in running if (it.instance_type, it.market) == kind], RUNNING, until=0
            ),
            usd_h=price.usd_h,
            why=price.why,
        )
        for kind, price in prices.items()
        if len(kinds) > 1
    )


def clock(seconds: float) -> str:
    """Return a time to the second: 3 h 12 min 5 s."""
    whole = round(seconds)
    parts = [(whole // HOUR_S, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _times(line: ReceiptLine) -> str:
    price = line.why if line.is_paid_ahead and line.why else f"at {usd(line.usd_h)} USD an hour"
    running = f"{clock(line.running_s)} running {price}"
    if line.ran:
        running = f"{clock(line.running_s)} running: {', '.join(it.text() for it in line.ran)}"
    stopped = f", {clock(line.stopped_s)} stopped at {usd(line.stopped_usd_h)}"
    return running + (stopped if round(line.stopped_s) else "")


def _amount(line: ReceiptLine) -> str:
    return "in advance" if line.is_paid_ahead and not line.usd else _usd(line.usd)


def _usd(amount: float | None) -> str:
    if amount is None:
        return "unknown"
    return f"{amount:.4f}" if 0 < amount < 0.01 else f"{amount:.2f}"
