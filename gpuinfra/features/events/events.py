"""`events`: what the host, its console, AWS and our own commands say, as one list."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gpuinfra.features.connect.connect import reach
from gpuinfra.features.events import event
from gpuinfra.features.events.event import HostEvent
from gpuinfra.ground import when
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

ASK_TIMEOUT_S = 20.0
PROGRAM = host_bundle.script("guard/end_host.py", "events")
UNITS_S = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, kw_only=True)
class EventHistory:
    """What happened, the oldest first."""

    events: tuple[HostEvent, ...]

    def plain(self) -> list[dict[str, object]]:
        """Return it as plain values."""
        return [one.plain() for one in self.events]

    def text(self, now: datetime) -> str:
        """Return it as lines; the host is named where there were several."""
        hosts = {one.instance_id for one in self.events if one.instance_id}
        lines = []
        for one in self.events:
            name = f"  {one.instance_id}" if len(hosts) > 1 and one.instance_id else ""
            lines += [f"{one.line(now)}{name}", *(f"    | {line}" for line in one.output.splitlines())]
        return "\n".join(lines)


def history(world: World, *, since: str, now: datetime) -> EventHistory:
    """Return what happened to this stack's hosts; what a host says now is kept here for later.

    Raises:
        ConfigError: `since` is no time.
    """
    earliest = began(since, now)
    host = world.state.read().host
    said, aws = _of_host(world, host) if host else ([], [])
    found = event.merged(event.parse_all(world.events.read()), said, aws)
    shown = [one for one in found if earliest is None or ((at := when.read(one.time)) and at >= earliest)]
    if not shown:
        world.reporter.say("nothing is known to have happened")
    return EventHistory(events=tuple(shown))


def began(since: str, now: datetime) -> datetime | None:
    """Return the time that --since names: 30m, 2h or 3d ago, or one of ISO 8601; None for no --since.

    Raises:
        ConfigError: it is neither.
    """
    if not since:
        return None
    number, unit = since[:-1], UNITS_S.get(since[-1:])
    try:
        if unit and number.isdecimal():
            return now.astimezone(UTC) - timedelta(seconds=int(number) * unit)
        time = datetime.fromisoformat(since)
    except (ValueError, OverflowError):  # before the calendar begins, too
        raise ConfigError(
            f"--since is {since!r}; allowed: a time ago such as 30m, 2h, 3d, or one such as 2026-11-29T20:15",
            hint="gpuinfra events --since 2h",
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)


def hear(world: World) -> None:
    """Keep what a host that runs no more said last, for those who ask later: EC2 forgets its console."""
    if host := world.state.read().host:
        instance = world.cloud(host.region, None).instance(host.instance_id)
        if instance is None or instance.state not in ("pending", "running"):
            _heard(world, host)
            _of_aws(world, instance)


def last_words(world: World, host: Host, instance: Instance | None) -> str:
    """Return in one line who ended a host that is stopped or gone, and why.

    As its console has it, or had it when somebody looked; else as our own command, or AWS.
    """
    found = _heard(world, host)
    _of_aws(world, instance)
    kept = _since_start(world, host, instance)
    by_us = event.our_stop(kept) if instance and event.BY_USER in instance.reason else ""
    if words := event.ending(found) or event.ending(kept) or by_us:
        rose = instance is not None and event.BY_PRICE in instance.reason
        return f"{words}; {event.PRICE_ROSE}" if rose else words
    return event.reason_of_aws(instance.reason) if instance else ""


def _of_host(world: World, host: Host) -> tuple[list[HostEvent], list[HostEvent]]:
    """Return what the host says, or its console where it runs no more; and what AWS says."""
    instance = world.cloud(host.region, None).instance(host.instance_id)
    if instance and instance.state == "running":
        return _asked(world, host), []
    return _heard(world, host), _of_aws(world, instance)


def _heard(world: World, host: Host) -> list[HostEvent]:
    """Return what its console has, and keep it."""
    said = _on_console(world, host)
    world.events.keep([one.plain() for one in said], host.instance_id)
    return said


def _asked(world: World, host: Host) -> list[HostEvent]:
    if not world.ssh.pinned(host):
        return []
    try:
        here = reach(world, host)[0]
        done = world.host.run(here, PROGRAM, timeout_s=ASK_TIMEOUT_S)
        raw = json.loads(done.stdout)
    except (GpuInfraError, ValueError, RecursionError) as error:
        why = error.message if isinstance(error, GpuInfraError) else "its answer is no JSON"
        world.reporter.say(f"the host itself could not be asked: {why}")
        return []
    found = event.parse_all(raw if isinstance(raw, list) else [], host.instance_id)
    world.events.keep([one.plain() for one in found], host.instance_id)
    return found


def _on_console(world: World, host: Host) -> list[HostEvent]:
    try:
        return event.on_console(world.cloud(host.region, None).console(host.instance_id), host.instance_id)
    except CloudError:  # gone for more than an hour, or not allowed
        return []


def _of_aws(world: World, instance: Instance | None) -> list[HostEvent]:
    """Return what AWS says of the end, and keep it: the next start forgets it."""
    if instance is None or not (instance.since and instance.reason):
        return []
    words = f"{instance.state}: {instance.reason}"
    said = HostEvent(time=instance.since, kind=event.AWS, text=words, instance_id=instance.instance_id)
    if instance.state in ("stopped", "terminated"):
        world.events.keep([said.plain()], instance.instance_id)
    return [said]


def _since_start(world: World, host: Host, instance: Instance | None) -> list[HostEvent]:
    """Return what is kept of the host since EC2 started it last; nothing where EC2 does not tell when."""
    started = when.read(instance.launched) if instance else None
    of_host = [one for one in event.parse_all(world.events.read()) if one.instance_id == host.instance_id]
    return [one for one in of_host if started and (at := when.read(one.time)) and at >= started]
