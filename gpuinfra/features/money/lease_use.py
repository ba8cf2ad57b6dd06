"""What of a lease a host has used, from its history and the prices, and how much an hour of running uses."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from gpuinfra.features.money import lease_account, ledger, lived, prices, rate
from gpuinfra.features.money.lease import Lease, LeaseUse
from gpuinfra.features.money.lease_account import LeaseAccount
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rate import BilledThings
from gpuinfra.features.money.rates import HOUR_S, RUNNING, STOPPED, Price, Rate, Span
from gpuinfra.ground.model import Host, Instance, Record, Settings
from gpuinfra.ground.pool import ON_DEMAND, SPOT
from gpuinfra.ground.world import World

# EC2 bills a start of Linux with a minute at least: https://aws.amazon.com/ec2/pricing/on-demand/
LEAST_BILLED_S = 60.0
HOURS = LeaseUse(used=0.0, an_hour=1.0)  # of a host that has not run yet
RateOf = Callable[[Span], Rate]


def of_new_host(world: World, lease: Lease, settings: Settings, record: Record) -> LeaseUse:
    """Return that of a host before it is made; asks AWS for the prices that are not known."""
    if not lease.is_of_money:
        return HOURS
    told = prices.of(world, settings.region)
    things = rate.planned(settings, record, ())
    things = dataclasses.replace(things, market=_dearest(things.market))
    told.fetch(things.names())
    return _use(0.0, rate.rate_of(things, told))


def of_host(
    world: World,
    lease: Lease,
    record: Record,
    host: Host,
    instance: Instance,
    *,
    until: float,
    instance_type: str = "",
    asks: bool = True,
) -> LeaseUse:
    """Return that of a host that lives, as it was until a time, by AWS's clock (seconds since 1970).

    instance_type: what it will run on, if that changes. asks: AWS, for prices that are not known.
    """
    told, things = prices.of(world, host.region, asks=asks), rate.recorded(record, host, instance)
    return _used(world, lease, things, told, instance, until=until, instance_type=instance_type)


def of_unrecorded_host(
    world: World, lease: Lease, settings: Settings, instance: Instance, *, until: float
) -> LeaseUse:
    """Return that of a host that lives and that no state names (any more)."""
    told, things = prices.of(world, settings.region), rate.planned(settings, Record(), ())
    return _used(world, lease, things, told, instance, until=until)


def _used(
    world: World,
    lease: Lease,
    things: BilledThings,
    told: Prices,
    instance: Instance,
    *,
    until: float,
    instance_type: str = "",
) -> LeaseUse:
    ledger.of(world.files).note(instance)
    spans = lived.spans(world, instance.instance_id)
    if not lease.is_of_money:
        return LeaseUse(used=hours(spans, until), an_hour=1.0)

    def rate_of(instance_type: str, market: str = instance.market) -> Rate:
        return rate.rate_of(dataclasses.replace(things, instance_type=instance_type, market=market), told)

    before = lease_account.read(world.files, instance.instance_id)
    used = usd(spans, lambda span: rate_of(span.instance_type, span.market), until, before)
    now = rate_of(instance_type or instance.instance_type, _dearest(instance.market))
    rates = {name: rate_of(name) for name in (instance.instance_type, instance_type) if name}
    if used is not None:
        account = LeaseAccount(
            instance_id=instance.instance_id, at=until, used=used, usd_h=known_prices(rates)
        )
        lease_account.write(world.files, account)
    return _use(used, now)


def _dearest(market: str) -> str:
    """Return the market at whose price what comes is counted: spot prices may rise to the on-demand price.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-history.html
    """
    return ON_DEMAND if market == SPOT else market


def hours(spans: Sequence[Span], until: float) -> float:
    """Return how many hours a host ran."""
    return sum(billed_s(span, until) for span in spans if span.state == RUNNING) / HOUR_S


def usd(
    spans: Sequence[Span], rate_of: RateOf, until: float, before: LeaseAccount | None = None
) -> float | None:
    """Return what a host has cost, its disk included; None where a price is unknown.

    before: what was counted already. What came since counts at the price of then or now, the higher one:
    nobody knows when it changed.
    """
    total = before.used if before else 0.0
    for span in spans:
        seconds = billed_s(span, until) - (billed_s(span, before.at) if before else 0.0)
        if seconds <= 0:
            continue
        usd_h = rate_of(span).usd_h(span.state)
        if usd_h is None:
            return None
        usd_h = max(usd_h, before.price(span)) if before else usd_h
        total += usd_h * seconds / HOUR_S
    return total


def billed_s(span: Span, until: float) -> float:
    """Return how many seconds of a time EC2 has billed by another time."""
    if span.ended is None or until <= span.ended:
        return max(0.0, until - span.began)
    seconds = span.ended - span.began
    return max(seconds, LEAST_BILLED_S) if span.state == RUNNING else seconds


def known_prices(rates: Mapping[str, Rate]) -> dict[str, dict[str, float]]:
    """Return the prices of types while running and stopped, as they are kept."""
    return {
        name: {state: usd_h for state in (RUNNING, STOPPED) if (usd_h := one.usd_h(state)) is not None}
        for name, one in rates.items()
    }


def _use(used: float | None, now: Rate) -> LeaseUse:
    unknown = [item.running for item in now.items if item.running.usd_h is None]
    return LeaseUse(used=used, an_hour=now.usd_h(RUNNING), why=_why(unknown))


def _why(unknown: Sequence[Price]) -> str:
    return next((price.why for price in unknown if price.why), "")
