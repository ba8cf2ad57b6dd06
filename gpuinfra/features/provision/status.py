"""`status`: what EC2 says now, and where that differs from the record; Terraform is not started."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from gpuinfra.features.boot import difference
from gpuinfra.features.boot.follow import follow, peek
from gpuinfra.features.capacity import reserved, told_host
from gpuinfra.features.capacity.reserved import ReservationSummary
from gpuinfra.features.events import event, events
from gpuinfra.features.money import cost as money
from gpuinfra.features.money import disk_copies, last_leaks, lease_status
from gpuinfra.features.money.cost import HostCost
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.features.provision import firewall, half_move, host_rows, kept_text, later_start
from gpuinfra.features.provision.outcome import cost_without_host, describe, orphans
from gpuinfra.ground import when
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.model import FirewallRule, Host, HostDetails, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.text import pairs
from gpuinfra.ground.world import World

ALIVE = ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class Status:
    """A stack now: what Terraform recorded and what EC2 says; `note` tells what does not agree.

    opened: rules that somebody added to our security groups.
    edited: the files here that are others than those the host's environment was made of.
    last_words: who ended a host that is stopped or gone, and why.
    cut_off: the last long command, and its log, if it was killed. leaks: what the last search for them found.
    cost: by the prices that are kept; nobody is asked.
    waits_until: until when AWS tries to start it, ISO 8601 in UTC. kept: the host before it, while
    `up --until-ready` keeps that. half_done: that a move to another place has not ended,
    and what goes on with it, if so. copy: of its disk, that a move to another place has left.
    """

    stack: str
    host: Host | None
    instance: Instance | None
    details: HostDetails | None = None
    boot: Boot | None = None
    edited: tuple[str, ...] = ()
    orphans: tuple[Instance, ...] = ()
    note: str = ""
    opened: tuple[FirewallRule, ...] = ()
    last_words: str = ""
    cut_off: str = ""
    leaks: str = ""
    cost: HostCost | None = None
    lease: LeaseSummary | None = None
    waits_until: str = ""
    kept: str = ""
    half_done: str = ""
    copy: str = ""
    reservation: ReservationSummary | None = None

    @property
    def running_host(self) -> Host | None:
        """Return the recorded host if it runs."""
        return self.host if self.instance and self.instance.state == "running" else None

    def plain(self, live: dict[str, Any] | None) -> dict[str, object]:
        """Return it as plain values, with what the host does now."""
        return {**asdict(self), "cost": self.cost.plain() if self.cost else None, "live": live}

    def text(self) -> str:
        """Return it as lines of "name  value"."""
        host, now = self.host, self.instance
        rows: list[tuple[str, object]] = [("stack", self.stack)]
        if now:
            since = when.local(now.since, datetime.now(when.HERE))
            rows += [("state", f"{now.state} since {since}" if since else now.state)]
        if host:
            rows += host_rows.rows(host, now, self.details)
        elif now:
            rows += [("host", now.instance_id), ("type", now.instance_type)]
        if self.cost:
            rows.append(("cost", money.brief(self.cost)))
        if self.boot:
            rows.append(("environment", _environment(self.boot)))
        if self.lease:
            rows.append(("lease", self.lease.line(datetime.now(when.HERE))))
        if self.reservation:
            rows.append(("reserved", self.reservation.line(datetime.now(when.HERE))))
        if self.waits_until:
            rows.append(("waits", later_start.text(self.waits_until, self.stack)))
        if self.kept:
            rows.append(("kept", self.kept))
        if self.half_done:
            rows.append(("move", self.half_done))
        if self.copy:
            rows.append(("copy", self.copy))
        if self.edited:
            rows.append(("edited", difference.told(self.edited, self.stack)))
        region = host.region if host else ""
        rows += [("opened", f"{it.text}; to close it: {firewall.revoke(it, region)}") for it in self.opened]
        rows += [(name, text) for name, text in _told(self) if text]
        return pairs(rows)


def _told(now: Status) -> tuple[tuple[str, str], ...]:
    return ("ended", now.last_words), ("note", now.note), ("last run", now.cut_off), ("leaks", now.leaks)


def status(world: World, *, watch: bool = False) -> Status:
    """Return the stack's state, with `watch` once its boot has ended; a host that is gone is told as such."""
    if watch:
        follow(world, world.recorded_host())
    return replace(_now(world), cut_off=world.cut_off(), leaks=last_leaks.seen(world.project.last_leaks))


def _now(world: World) -> Status:
    record, name = world.state.read(), world.files.name
    if record.host:
        return _of_host(world, record, record.host)
    if record.ids_of("aws_instance"):
        return _half_made(world, record)
    if not world.values.exists():
        return Status(stack=name, host=None, instance=None, note=f"not set up: {command('up', name)}")
    lost = orphans(world, world.values.read(), record)
    note = cost_without_host(record, name) or f"no host: {command('up', name)}"
    if lost:
        ways = f"{command('recover', name)} (takes it over) or {command('destroy', name)} (removes it)"
        note = f"Terraform does not know of {describe(lost)}: {ways}"
    return Status(stack=name, host=None, instance=None, orphans=tuple(lost), note=note)


def _of_host(world: World, record: Record, host: Host) -> Status:
    cloud = world.cloud(host.region, None)
    instance = cloud.instance(host.instance_id)
    lease = lease_status.asked_beside(world, record, host, instance)
    reservation = told_host.asked_beside(world, host, instance)
    boot = peek(world, host) if instance and instance.state == "running" else None
    is_there = instance and instance.state not in ("terminated", "shutting-down")
    has_ended = not (instance and instance.state in ALIVE)
    last_words = events.last_words(world, host, instance) if has_ended else ""  # they say until when it cost
    costs, copy = money.cached(world, record, host, instance), disk_copies.row(world, host)
    going_on = [*costs.hourly.going_on(), *([disk_copies.NAME] if copy else [])]
    return Status(
        stack=host.stack,
        host=host,
        instance=instance,
        details=cloud.details(instance) if instance and is_there else None,
        boot=boot,
        edited=difference.differing(world, boot) if boot else (),
        note=_note(host, instance, going_on, last_words),
        cost=costs if is_there or costs.going_on else None,
        last_words=last_words,
        opened=firewall.foreign(world, record) if is_there else (),
        lease=lease() if is_there else None,
        waits_until=later_start.waits_until(world, host, instance),
        kept=kept_text.row(world),
        half_done=half_move.row(world),
        copy=copy,
        reservation=reservation() if is_there else None,
    )


def _half_made(world: World, record: Record) -> Status:
    """Return the status of a host whose apply was stopped before its outputs were known."""
    (instance_id, *_), name = sorted(record.ids_of("aws_instance")), world.files.name
    settings = record.settings or world.values.read()
    instance = world.cloud(settings.region, settings).instance(instance_id)
    note = f"half made: {command('up', name)} (goes on) or {command('destroy', name)} (removes it)"
    return Status(stack=name, host=None, instance=instance, note=note)


def _note(host: Host, instance: Instance | None, going_on: Sequence[str], last_words: str) -> str:
    if instance is None or instance.state in ("terminated", "shutting-down"):
        if instance and event.BY_PRICE in instance.reason:
            again = f"{command('up', host.stack)} makes a new one"
            return f"gone: {event.PRICE_ROSE}; raise that or change market in terraform.tfvars, then {again}"
        from_copy = f"; {command('start', host.stack)} makes it again from the copy of its disk"
        why = reserved.gone(host, instance, last_words)
        return why + from_copy if disk_copies.NAME in going_on else why
    if instance.state in ("stopped", "stopping"):
        cost = f"only its {' and '.join(going_on)} {'cost' if going_on[1:] else 'costs'} money"
        return f"stopped: {cost}; {command('start', host.stack)} starts it"
    if instance.public_ip != host.public_ip and not host.is_private:
        was = f"the address was {host.public_ip} when it was" if host.public_ip else "no address was"
        return f"{was} recorded; {command('up', host.stack)} records the new one"
    return ""


def _environment(boot: Boot) -> str:
    if boot.state == "done":
        cuda = f", CUDA {boot.cuda}" if boot.cuda else ""
        return f"{boot.environment}: proven ({boot.gpu}{cuda})"
    return f"{boot.environment or 'not there yet'}: {boot.state} {boot.step}".rstrip()
