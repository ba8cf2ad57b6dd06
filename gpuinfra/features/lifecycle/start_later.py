"""`start --when-available`: the host starts now, or AWS starts it later; the laptop may be off.

It can undo no stop: see tools/aws/start_machine.py. A lease that ends before is the end of it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.other_places import OWN_PLACE, OtherPlaces
from gpuinfra.features.lifecycle.state_wait import existing
from gpuinfra.features.lifecycle.until import EXAMPLE, LEAST, parse
from gpuinfra.features.money import lease_end
from gpuinfra.features.money.lease import LEAST_S
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.later_start import LaterStart
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What may be otherwise in an hour; all else that AWS refuses is told at once.
NO_CAPACITY = ("InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity")


@dataclass(frozen=True, kw_only=True)
class StartedOrWaiting:
    """How it went; host: it runs. waits_until: ISO 8601 in UTC, empty where it runs."""

    host: Host | None
    instance_id: str
    waits_until: str = ""

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def start(
    world: World,
    *,
    until: str,
    when_available: bool,
    now: datetime,
    elsewhere: OtherPlaces = OWN_PLACE,
    start: Callable[[World, OtherPlaces], Host] = power.start,
) -> StartedOrWaiting:
    """Start the host; where EC2 has no capacity let AWS try each 5 minutes until a time.

    A move that an earlier `start` began is settled before: AWS must try the host that there is then.

    Raises:
        ConfigError: no such time, or the lease ends too soon.
        CloudError: EC2 refuses for another reason, or what is to try cannot be made.
    """
    end = _until(until, when_available, now, world.files.name)
    host = elsewhere.settle(world, world.recorded_host())
    launched = existing(power.cloud_of(world, host), host).launched
    try:
        made = start(world, elsewhere)
        return StartedOrWaiting(host=made, instance_id=made.instance_id)
    except CloudError as error:
        if error.code not in NO_CAPACITY:
            raise
        world.reporter.say(error.message)
    end = _within_lease(world, host, end)
    later = LaterStart(
        stack=host.stack,
        instance_id=host.instance_id,
        launched=launched,
        until=end.timestamp(),
        tags=world.state.read().all_tags,
        boundary_arn=_boundary_arn(world),
    )
    with world.reporter.live("Asking AWS to try by itself"):
        world.later_starts(host.region, None).begin(later)
    world.events.note("gpuinfra start --when-available", host.instance_id)
    say = world.reporter.say
    say(
        f"AWS tries each 5 minutes until {end.astimezone(now.tzinfo):%Y-%m-%d %H:%M}; this machine may be off"
    )
    say(f"next: {command('status', host.stack)}; {command('stop', host.stack)} ends it")
    utc = end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return StartedOrWaiting(host=None, instance_id=host.instance_id, waits_until=utc)


def _until(text: str, when_available: bool, now: datetime, stack: str) -> datetime:
    if not when_available:
        raise ConfigError("--until is for a start that waits for capacity", hint=command(EXAMPLE, stack))
    if not text:
        raise ConfigError("--when-available needs an end: --until 12h", hint=command(EXAMPLE, stack))
    return parse(text, now, stack)


def _boundary_arn(world: World) -> str:
    with suppress(ConfigError):  # a broken terraform.tfvars does not keep a host from starting
        return world.values.read().permissions_boundary_arn
    return ""


def _within_lease(world: World, host: Host, end: datetime) -> datetime:
    """Return the end, or that of the lease where it comes first: nothing starts a host after its lease.

    Raises:
        ConfigError: the lease ends within minutes.
    """
    lease = lease_end.start_of(power.cloud_of(world, host), world.state.read())
    if lease is None or end.timestamp() <= lease.begins - LEAST_S:
        return end
    if lease.begins - lease.now < LEAST_S + LEAST.total_seconds():
        message = f"the lease of {host.instance_id} ends within minutes"
        raise ConfigError(message, hint=command("lease extend --help", host.stack))
    earlier = datetime.fromtimestamp(lease.begins - LEAST_S, UTC)
    world.reporter.say("the lease ends before that: AWS tries until 5 minutes before its end")
    return earlier
