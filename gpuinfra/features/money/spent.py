"""What a host has cost: the seconds of its history times its prices. Pure."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gpuinfra.features.money.rate import HOST, without_host
from gpuinfra.features.money.rates import HOUR_S, RUNNING, Rate, Span

# AWS bills Linux by the second, and a minute at least for each start.
# https://aws.amazon.com/ec2/pricing/on-demand/
LEAST_S = 60.0
RateOf = Callable[[str, str], Rate]  # of an instance type on a market


@dataclass(frozen=True, kw_only=True)
class SpentOn:
    """What one thing has cost in a time; None: a price is unknown.

    is_paid_ahead: some of the time was paid in advance, and is not in it.
    """

    name: str
    usd: float | None
    is_paid_ahead: bool = False


def spent(spans: Sequence[Span], rate_of: RateOf, *, now: float, since: float = 0.0) -> list[SpentOn]:
    """Return what each thing has cost from a time until now."""
    sums: dict[str, float | None] = {}
    ahead: set[str] = set()
    ended = closed(spans, now)
    for span in ended:
        for item in rate_of(span.instance_type, span.market).items:
            price = item.running if span.state == RUNNING else item.stopped
            last = span.ended or now
            if item.name == HOST and span.state == RUNNING:
                last = max(last, span.began + _least_s(span, ended))
            seconds = max(0.0, last - max(span.began, since))
            if price.is_paid_ahead and seconds:
                ahead.add(item.name)
            usd_h = 0.0 if price.is_paid_ahead else price.usd_h
            sums[item.name] = _plus(sums.get(item.name, 0.0), usd_h, seconds)
    return [SpentOn(name=name, usd=usd, is_paid_ahead=name in ahead) for name, usd in sums.items()]


def with_rest(spans: Sequence[Span], rate_of: RateOf, *, now: float, since: float = 0.0) -> list[SpentOn]:
    """Return the same with what has gone on after the end of the host: see `rate.without_host`."""
    items = spent(spans, rate_of, now=now, since=since)
    if not spans or spans[-1].ended is None:
        return items
    seconds = max(0.0, now - max(spans[-1].ended, since))
    rest = without_host(rate_of(spans[-1].instance_type, spans[-1].market)).items
    usd_h = {it.name: it.stopped.usd_h for it in rest}
    return [dataclasses.replace(it, usd=_plus(it.usd, usd_h.get(it.name, 0.0), seconds)) for it in items]


def total_usd(items: Sequence[SpentOn]) -> float | None:
    """Return the sum of what is billed by time; None if a price of it is unknown."""
    amounts = [item.usd for item in items]
    return None if None in amounts else sum(amount or 0.0 for amount in amounts)


def closed(spans: Sequence[Span], now: float) -> list[Span]:
    """Return the times with their ends: what still is ends now."""
    return [s if s.ended is not None else dataclasses.replace(s, ended=max(now, s.began)) for s in spans]


def month_began(now: float) -> float:
    """Return when AWS's month of billing began: at midnight, UTC."""
    day = datetime.fromtimestamp(now, UTC)
    return day.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def month_ends(now: float) -> float:
    """Return when it ends."""
    return month_began(month_began(now) + 32 * 24 * HOUR_S)


def _least_s(span: Span, spans: Sequence[Span]) -> float:
    """Return the seconds billed at least: of one start of which several parts are known, only once."""
    goes_on = any(s.state == RUNNING and s.began == span.ended for s in spans)
    began_before = any(s.state == RUNNING and s.ended == span.began for s in spans)
    return 0.0 if goes_on or began_before else LEAST_S


def _plus(total: float | None, usd_h: float | None, seconds: float) -> float | None:
    if total is None or (usd_h is None and seconds):
        return None
    return total + (usd_h or 0.0) * seconds / HOUR_S
