"""One line of a receipt: a thing, for how long it ran and was stopped, and what that cost. Pure."""

from dataclasses import dataclass

from gpuinfra.features.money.hourly import usd
from gpuinfra.features.money.rates import HOUR_S


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One thing: for how long it ran and was stopped, and what that cost; usd None: a price is unknown.

    usd_h, stopped_usd_h: its prices at the end. why: why one is unknown. is_paid_ahead: some of the time was
    paid in advance, and is not in `usd`.
    """

    name: str
    running_s: float
    stopped_s: float
    usd: float | None
    usd_h: float | None
    stopped_usd_h: float | None
    why: str = ""
    is_paid_ahead: bool = False

    def text(self) -> str:
        """Return it for people."""
        return f"  {self.name:<12} {_amount(self):>10} USD  {_times(self)}"


def clock(seconds: float) -> str:
    """Return a time to the second: 3 h 12 min 5 s."""
    whole = round(seconds)
    parts = [(whole // HOUR_S, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _times(line: ReceiptLine) -> str:
    price = line.why if line.is_paid_ahead and line.why else f"at {usd(line.usd_h)} USD an hour"
    running = f"{clock(line.running_s)} running {price}"
    stopped = f", {clock(line.stopped_s)} stopped at {usd(line.stopped_usd_h)}"
    return running + (stopped if round(line.stopped_s) else "")


def _amount(line: ReceiptLine) -> str:
    return "in advance" if line.is_paid_ahead and not line.usd else _usd(line.usd)


def _usd(amount: float | None) -> str:
    if amount is None:
        return "unknown"
    return f"{amount:.4f}" if 0 < amount < 0.01 else f"{amount:.2f}"
