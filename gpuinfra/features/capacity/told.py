"""What the user is told of the places: their order with prices, each try, the waiting, and the end. Pure."""

from collections.abc import Sequence
from datetime import datetime

from gpuinfra.features.capacity.verdict import Verdict
from gpuinfra.features.capacity.walk import FailedTry
from gpuinfra.features.money.hourly import usd
from gpuinfra.features.money.prices import Prices
from gpuinfra.ground.errors import CloudError, GpuInfraError, TerraformError
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import SPOT, Pool
from gpuinfra.ground.text import count, duration, table

NEVER_WAITED_FOR = (Verdict.NOT_OFFERED, Verdict.OVER_QUOTA, Verdict.PRICE_TOO_LOW)


def order(places: Sequence[Pool], prices: Prices, *, wait_s: float, stack: str) -> list[str]:
    """Return the places in the order in which they are asked, each with what its host costs an hour."""
    rounds = f"asked again and again for up to {duration(int(wait_s))}, as long as AWS has no host to give"
    if len(places) == 1:
        return [rounds]
    head = "the host is asked for in these places, in this order; the first that AWS has is taken:"
    rows = [(f"  {n}", it.instance_type, it.market, it.zone or "any zone", _price(it, prices))
            for n, it in enumerate(places, 1)]  # fmt: skip
    top = ("   ", "type", "market", "zone", "USD an hour, without its disk")
    once = f"each once; {command('up --wait 2h', stack)} goes on asking"
    return [head, *table([top, *rows]).split("\n"), rounds if wait_s else once]


def too_low(places: Sequence[Pool], prices: Prices, max_price: float | None) -> list[str]:
    """Return the spot places that AWS would refuse for their price; none whose price is unknown."""
    if max_price is None:
        return []
    asked = {pool: prices.spot(pool.instance_type, pool.zone).usd_h for pool in places if pool.market == SPOT}
    return [
        f"! max_price = {max_price:g} is below the spot price of {pool.instance_type}{_in(pool)},"
        f" {usd(price)} USD an hour: AWS would refuse that; raise max_price in terraform.tfvars"
        for pool, price in asked.items()
        if price is not None and price > max_price
    ]


def refused(one: FailedTry, left: Sequence[Pool]) -> str:
    """Return a try that brought no host as a line; left: what its round asks next."""
    of = one.number + len(left)
    what_next = f"; next: {left[0]}" if left else ""
    return f"{one.number} of {of}: {one.pool}: {one.why.value} ({one.took_s:.1f} s){what_next}"


def fallen_away(pool: Pool, why: Verdict, following: Pool) -> str:
    """Return that a place is not asked, which is known before any host is asked for."""
    return f"{pool}: {why.value}; next: {following}"


def waiting(places: Sequence[Pool], *, next_round: datetime, until: datetime) -> str:
    """Return what is waited for, by the user's own clock."""
    names = f"{count(len(places), 'place')}, first {places[0]}" if len(places) > 1 else str(places[0])
    day = "" if until.date() == next_round.date() else f"{until:%Y-%m-%d} "
    return f"asked again at {next_round:%H:%M:%S} ({names}); until {day}{until:%H:%M}"


def nothing_left(tries: Sequence[FailedTry], *, stack: str, waited: bool) -> GpuInfraError:
    """Return the error at the end: what AWS said last of each place, and the one next step."""
    last = {one.pool: one for one in tries}
    if len(last) == 1 and isinstance(tries[-1].error, TerraformError):
        return tries[-1].error
    if len(last) == 1 and isinstance(error := tries[-1].error, CloudError):
        return error.retell(error.message, hint=_step(tries[-1:], stack, waited=waited))
    said = "".join(f"\n  {one.pool}: {one.error.message}" for one in last.values())
    return CloudError(
        f"AWS gives no host in any of the {count(len(last), 'place')} that terraform.tfvars allows:{said}",
        hint=_step(list(last.values()), stack, waited=waited),
    )


def _step(tries: Sequence[FailedTry], stack: str, *, waited: bool) -> str:
    """Return what to do: waiting helps if a place has lacked capacity; else what AWS's first refusal says."""
    if all(one.why in NEVER_WAITED_FOR for one in tries):
        quota = [one for one in tries if one.why is Verdict.OVER_QUOTA]
        return (quota or list(tries))[0].error.hint
    longer = "more of instance_types, zones or market in terraform.tfvars are more places to ask in"
    why = longer if waited else "asks again and again until AWS has one"
    return f"{command('up --wait 2h', stack)}   # {why}"


def _in(pool: Pool) -> str:
    return f" in {pool.zone}" if pool.zone else ""


def _price(pool: Pool, prices: Prices) -> str:
    price = (
        prices.spot(pool.instance_type, pool.zone)
        if pool.market == SPOT
        else prices.on_demand(pool.instance_type)
    )
    return usd(price.usd_h) + (f" ({price.why})" if price.usd_h is None and price.why else "")
