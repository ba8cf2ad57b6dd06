"""`status`: what Terraform recorded beside what EC2 says now; Terraform is not started."""

from dataclasses import asdict, dataclass
from typing import Any

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.provision.outcome import describe, orphans
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.text import pairs
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class Status:
    """A stack now: what Terraform recorded and what EC2 says; `note` tells what does not agree."""

    stack: str
    host: Host | None
    instance: Instance | None
    orphans: tuple[Instance, ...] = ()
    note: str = ""

    @property
    def running_host(self) -> Host | None:
        """Return the recorded host if it runs."""
        return self.host if self.instance and self.instance.state == "running" else None

    def plain(self, live: dict[str, Any] | None) -> dict[str, object]:
        """Return it as plain values, with what the host does now."""
        return {**asdict(self), "live": live}

    def text(self) -> str:
        """Return it as lines of "name  value"."""
        host, now = self.host, self.instance
        rows: list[tuple[str, object]] = [("stack", self.stack)]
        if now:
            rows += [("state", now.state), ("launched", now.launched)]
        if host:
            rows += _host_rows(host, now)
        elif now:
            rows += [("host", now.instance_id), ("type", now.instance_type)]
        if self.note:
            rows.append(("note", self.note))
        return pairs(rows)


def status(world: World, *, watch: bool = False) -> Status:
    """Return the stack's state, with `watch` once its boot has ended; a host that is gone is told as such."""
    if watch:
        follow(world, world.recorded_host())
    record, name = world.state.read(), world.files.name
    if record.host:
        instance = world.cloud(record.host.region, None).instance(record.host.instance_id)
        return Status(stack=name, host=record.host, instance=instance, note=_note(record.host, instance))
    if record.ids_of("aws_instance"):
        return _half_made(world, record)
    if not world.values.exists():
        return Status(stack=name, host=None, instance=None, note=f"not set up: {command('up', name)}")
    lost = orphans(world, world.values.read(), record)
    note = f"no host: {command('up', name)}"
    if lost:
        note = f"Terraform does not know of {describe(lost)}: {command('destroy', name)}"
    return Status(stack=name, host=None, instance=None, orphans=tuple(lost), note=note)


def _half_made(world: World, record: Record) -> Status:
    """Return the status of a host whose apply was stopped before its outputs were known."""
    (instance_id, *_), name = sorted(record.ids_of("aws_instance")), world.files.name
    settings = world.values.read()
    instance = world.cloud(settings.region, settings).instance(instance_id)
    note = f"half made: {command('up', name)} (goes on) or {command('destroy', name)} (removes it)"
    return Status(stack=name, host=None, instance=instance, note=note)


def _note(host: Host, instance: Instance | None) -> str:
    if instance is None or instance.state in ("terminated", "shutting-down"):
        return f"gone: it was terminated outside of gpuinfra; {command('up', host.stack)} makes a new one"
    if instance.state == "stopped":
        return "stopped: only its disk costs money"
    if instance.public_ip != host.public_ip:
        up = command("up", host.stack)
        return f"the address was {host.public_ip} when it was recorded; {up} records the new one"
    return ""


def _host_rows(host: Host, now: Instance | None) -> list[tuple[str, object]]:
    address = "none (access = ssm)" if host.is_private else now.public_ip if now else host.public_ip
    way_in = "anywhere, by Session Manager" if host.is_private else ", ".join(host.allowed_cidrs)
    return [
        ("host", host.instance_id),
        ("type", f"{host.instance_type} ({host.gpu_count} GPU)"),
        ("public IP", address or "none"),
        ("region", host.availability_zone),
        ("image", f"{host.ami_name} ({host.ami_id})"),
        ("disk", f"{host.root_volume_size_gb} GB"),
        ("ssh from", way_in),
    ]
