"""`status`: what Terraform recorded beside what EC2 says now; Terraform is not started."""

from gpuinfra.actions.common import describe, orphans
from gpuinfra.model import Host, Instance, Status
from gpuinfra.ports import Ports


def status(ports: Ports) -> Status:
    """Return the stack's state; a host that AWS no longer has is told, not hidden."""
    record, name = ports.state.read(), ports.workspace.name
    if record.host:
        instance = ports.cloud(record.host.region, None).instance(record.host.instance_id)
        return Status(stack=name, host=record.host, instance=instance, note=_note(record.host, instance))
    if not ports.values.exists():
        return Status(stack=name, host=None, instance=None, note="not set up: gpuinfra up")
    lost = orphans(ports, ports.values.read(), record)
    note = (
        f"Terraform does not know of {describe(lost)}: gpuinfra destroy" if lost else "no host: gpuinfra up"
    )
    return Status(stack=name, host=None, instance=None, orphans=tuple(lost), note=note)


def _note(host: Host, instance: Instance | None) -> str:
    if instance is None or instance.state in ("terminated", "shutting-down"):
        return "gone: it was terminated outside of gpuinfra; gpuinfra up makes a new one"
    if instance.state == "stopped":
        return "stopped: only its disk costs money"
    if instance.public_ip != host.public_ip:
        return f"the address was {host.public_ip} when it was recorded; gpuinfra up records the new one"
    return ""
