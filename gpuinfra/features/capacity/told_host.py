"""A host's reservation, asked for beside all else; a host in a Capacity Block is told when that ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gpuinfra.features.capacity.reserved import ReservationSummary, summary
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Host, Instance, Settings
from gpuinfra.ground.pool import CAPACITY_BLOCK
from gpuinfra.ground.reservation import TAG
from gpuinfra.ground.world import World

GONE = ("terminated", "shutting-down")


def asked_beside(
    world: World, host: Host, instance: Instance | None
) -> Callable[[], ReservationSummary | None]:
    """Ask for the reservation; return what waits for the answer. Without one nobody is asked."""
    if instance is None or not instance.reservation_id:
        return lambda: None
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    asked = pool.submit(_now, world, host, instance)
    pool.shutdown(wait=False)
    return asked.result


def planned(world: World, settings: Settings, host: Host | None) -> list[str]:
    """Return the line about the reservation for a plan: the host's own, else the one that is asked for."""
    instance = world.cloud(host.region, settings).instance(host.instance_id) if host else None
    found = None
    if host and instance and instance.reservation_id and instance.state not in GONE:
        found = _now(world, host, instance)
    elif settings.capacity_reservation_id and not (instance and instance.state not in GONE):
        found = _asked(world, settings)
    return [f"  {found.line(datetime.now().astimezone())}"] if found else []


def _asked(world: World, settings: Settings) -> ReservationSummary:
    """Return the reservation that a new host is for: `up` tells that host its end."""
    is_block = settings.market == CAPACITY_BLOCK
    found = _look(world, settings.region, settings.capacity_reservation_id, settings.stack, is_block)
    return replace(found, told=found.ends_at)


def _now(world: World, host: Host, instance: Instance) -> ReservationSummary:
    """Return the reservation that a host was launched for."""
    is_block = instance.market == CAPACITY_BLOCK
    found = _look(world, host.region, instance.reservation_id, host.stack, is_block)
    return replace(found, told=instance.block_ends)


def _look(world: World, region: str, name: str, stack: str, is_block: bool) -> ReservationSummary:
    """Return a reservation; where AWS does not tell, why."""
    why = "AWS does not know it (any more)"
    try:
        if found := world.account_reader(region, None).reservation(name):
            return summary(found, stack=stack)
    except GpuInfraError as error:
        why = error.message
    return ReservationSummary(stack=stack, reservation_id=name, is_block=is_block, why=why)


def tell(world: World, host: Host) -> None:
    """Tell a host in a Capacity Block when that ends, as AWS has it now, and the user, too.

    The host reads it from its tags within a minute, and saves before EC2 terminates it. What fails is told:
    the host is up all the same.
    """
    say = world.reporter.say
    try:
        cloud = world.cloud(host.region, None)
        instance = cloud.instance(host.instance_id)
        if instance is None or not instance.reservation_id or instance.state in GONE:
            return
        found = _now(world, host, instance)
        if found.is_block and found.ends_at and found.ends_at != found.told:
            cloud.tag([host.instance_id], {TAG: found.ends_at})
            found = replace(found, told=found.ends_at)
    except GpuInfraError as error:
        say(
            f"! the host was not told when its Capacity Block ends, and saves nothing before: {error.message}"
        )
        return
    say(f"{'! ' if found.why else ''}{found.line(datetime.now().astimezone())}")
