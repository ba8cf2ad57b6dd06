"""`status`: what Terraform recorded beside what EC2 says now; Terraform is not started."""

from gpuinfra.features.provision.outcome import describe, orphans
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Host, Instance, Record, Status
from gpuinfra.ground.protocols import World


def status(world: World) -> Status:
    """Return the stack's state; a host that AWS no longer has is told, not hidden."""
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
