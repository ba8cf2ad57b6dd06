"""A start that AWS makes by itself once it has capacity: told, and ended by all that decides otherwise."""

from datetime import UTC, datetime

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

STANDS_STILL = ("stopped", "stopping")


def end(world: World, host: Host, instance: Instance) -> bool:
    """Let nothing start a stopped host any more; tell whether something would have: look at it again then.

    One that runs has run since the user asked, and nothing starts such a host.

    Raises:
        CloudError: AWS refuses: it may still start the host.
    """
    return instance.state in STANDS_STILL and _end(world, host)


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
