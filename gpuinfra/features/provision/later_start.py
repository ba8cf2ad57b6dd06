"""A start that AWS makes by itself once it has capacity: told, and ended by all that decides otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from gpuinfra.features.money import lease_end
from gpuinfra.features.money.lease import LEAST_S
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World

STANDS_STILL = ("stopped", "stopping")


def end(world: World, host: Host, instance: Instance) -> bool:
    """Let nothing start a stopped host any more; tell whether something would have: look at it again then.

    One that runs has run since the user asked, and nothing starts such a host.

    Raises:
        CloudError: AWS refuses: it may still start the host.
    """
    return instance.state in STANDS_STILL and _end(world, host)


@contextmanager
def ends_with_a_start(world: World, cloud: Cloud, host: Host, before: Instance) -> Iterator[None]:
    """Remove what waits for a stopped host once a start has succeeded; after one that is refused it lives on.

    It can undo no stop meanwhile: AWS starts the host only while it has not run since it was asked to.

    Raises:
        CloudError: that of the start.
    """
    stands_still = before.state in STANDS_STILL
    try:
        yield
    except CloudError:
        if stands_still:
            _live_on(world, cloud, host)
        raise
    if stands_still:
        end_if_possible(world, host)


def _live_on(world: World, cloud: Cloud, host: Host) -> None:
    """Do so, and tell it; what AWS refuses is told beside the refusal of the start."""
    try:
        _keep_within_lease(world, cloud, host)
    except CloudError as error:
        world.reporter.say(f"! whether {host.instance_id} waits for capacity is not known: {error.message}")


def _keep_within_lease(world: World, cloud: Cloud, host: Host) -> None:
    """Let what waits live on, but not beyond the end of the lease: a price that rose may have moved that."""
    until = world.later_starts(host.region, None).until(host.stack, host.instance_id)
    lease = lease_end.start_of(cloud, world.state.read()) if until else None
    if until and lease and until > lease.begins - LEAST_S:
        _end(world, host)
    elif until:
        utc = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        world.reporter.say(f"{host.instance_id} waits on {text(utc, host.stack)}")


def _end(world: World, host: Host) -> bool:
    was_waiting = world.later_starts(host.region, None).end(host.stack, host.instance_id)
    if was_waiting:
        world.reporter.say(f"{host.instance_id} waits for capacity no longer")
    return was_waiting


def end_if_possible(world: World, host: Host) -> None:
    """Do the same for a host that is removed now: what AWS refuses is told, and holds nothing up."""
    try:
        _end(world, host)
    except CloudError as error:
        world.reporter.say(f"! what would start {host.instance_id} later was not removed: {error.message}")


def waits_until(world: World, host: Host, instance: Instance | None) -> str:
    """Return until when a stopped host waits for capacity: ISO 8601 in UTC; empty where it does not.

    AWS is asked for stopped hosts alone; where it refuses, nothing is known.
    """
    if instance is None or instance.state not in STANDS_STILL:
        return ""
    try:
        until = world.later_starts(host.region, None).until(host.stack, host.instance_id)
    except CloudError:
        return ""
    return datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if until else ""


def text(waits_until: str, stack: str) -> str:
    """Return until when a host waits, by this machine's clock, with the command that ends it."""
    until = datetime.fromisoformat(waits_until.replace("Z", "+00:00")).astimezone()
    return f"for capacity until {until:%Y-%m-%d %H:%M}; {command('stop', stack)} ends it"
