"""What a user is told before a stopped host starts elsewhere, and of each try."""

from collections.abc import Sequence

from gpuinfra.features.capacity.walk import FailedTry, NothingLeftError
from gpuinfra.features.lifecycle import places
from gpuinfra.features.money import prices
from gpuinfra.features.money.rates import HOURS_A_MONTH, Price
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import SPOT, Pool
from gpuinfra.ground.world import World

WITH_COPY = (
    "The copy takes minutes, or hours for a large disk, and is deleted when the new host is proven; the old"
    " one is kept, stopped, until the new one runs. Files, environment and alias stay the same; the instance"
    " id does not"
)
AS_SPOT = (
    " As a spot host it cannot be stopped, only ended, its disk with it, and EC2 may do that two minutes"
    " after a notice"
)


def types(world: World, host: Host, pools: Sequence[Pool]) -> str:
    """Return what is done before the host becomes another type of the list."""
    told = "; ".join(f"{pool.instance_type}, {_usd_h(world, host, pool)}" for pool in pools)
    return f"Start {host.instance_id} in its zone as another type ({told}); nothing is copied."


def with_copy(world: World, host: Host, pools: Sequence[Pool]) -> str:
    """Return what is done before the host is made from a copy."""
    size_gb = host.root_volume_size_gb
    kept = _said(prices.of(world, host.region).snapshot(size_gb), HOURS_A_MONTH, "USD a month at most")
    told = "; ".join(f"{places.told(pool)}, {_usd_h(world, host, pool)}" for pool in pools)
    may_end = f"{AS_SPOT}." if any(pool.market == SPOT for pool in pools) else ""
    return (
        f"Copy the disk of {host.instance_id} ({size_gb} GB; the copy costs {kept}) and start it from that:"
        f" {told}. {WITH_COPY}.{may_end}"
    )


def refused(one: FailedTry, number: int) -> str:
    """Return one try that brought no host."""
    return f"{one.number} of {number}: {one.pool}: {one.why.value} ({one.took_s:.0f} s)"


def nowhere(host: Host, copy: DiskCopy, over: NothingLeftError, *, is_gone: bool) -> CloudError:
    """Return the error where no place has room; what is kept is said."""
    tried = "; ".join(f"{one.pool}: {one.why.value}" for one in over.tries)
    it_is = (
        f"It is gone; what was on its disk is in the copy {copy.image_id}, which is"
        if is_gone
        else f"It is stopped, its disk is safe; the copy {copy.image_id} is"
    )
    laptop_off = f"; {command('start --when-available --until 12h', host.stack)} lets AWS try, laptop off"
    return CloudError(
        f"AWS has room for {host.instance_id} nowhere now ({tried}). {it_is} kept for the next start, and"
        " costs money until then",
        hint=f"{command('start --yes', host.stack)}   # later{'' if is_gone else laptop_off}",
    )


def stays(refusal: CloudError, host: Host, why: str) -> CloudError:
    """Return the refusal for a host that stays where it is; why: it cannot go, empty: nobody agreed."""
    if why:
        found = CloudError(f"{refusal.message}. {why}", hint=f"{command('start', host.stack)}   # later")
    else:
        found = CloudError(refusal.message, hint=f"{command('start --yes', host.stack)}   # moves it")
    found.code = refusal.code
    return found


def _usd_h(world: World, host: Host, pool: Pool) -> str:
    """Return what a place costs an hour."""
    book = prices.of(world, host.region)
    price = (
        book.spot(pool.instance_type, pool.zone)
        if pool.market == SPOT
        else book.on_demand(pool.instance_type)
    )
    return _said(price, 1.0, "USD an hour")


def _said(price: Price, times: float, unit: str) -> str:
    return (
        f"{price.usd_h * times:.3g} {unit}" if price.usd_h is not None else f"a price unknown ({price.why})"
    )
