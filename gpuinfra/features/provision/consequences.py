"""What an apply would mean for the host that lives: lost, stopped and started, or neither. Pure."""

import json
from collections.abc import Sequence

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import UNKNOWN, AttributeChange, Change, Record, Settings
from gpuinfra.ground.pool import SPOT
from gpuinfra.ground.text import shorten

# What EC2 changes on a stopped instance only; the provider stops and starts it.
RESTARTS = "instance_type"
RESERVATION = "capacity_reservation_target.capacity_reservation_id"
DISK_SIZE = "root_block_device.volume_size"
# Markets whose hosts EC2 itself ends -> what is said of one that is gone.
ENDED_BY_EC2 = {
    "spot": "the spot host {name} is gone",
    "capacity-block": "the host {name} is gone, with its Capacity Block or ended by somebody",
}
# A note in the state that is made after the host and outlives a refresh.
AFTER_HOST = "module.instance.terraform_data.image"
# Where no argument is the cause, Terraform's word says it.
REASONS = {
    "replace_because_tainted": "Terraform has it marked as damaged",
    "replace_by_request": "a new host on the newest image was asked for",
}


def loss(changes: Sequence[Change], record: Record) -> str:
    """Say what of the living host would be lost and why, empty when nothing is.

    A host that no apply has finished yet has nothing to lose: its outputs are not recorded. Nor has a spot
    host that is gone, or one of a Capacity Block: that is what EC2 does to them.
    """
    change, instance_id = host_change(changes), record.outputs.get("instance_id")
    if _is_gone(changes, record) and record.outputs.get("market") not in ENDED_BY_EC2:
        return (
            f"the host {instance_id or 'of this stack'} is gone, terminated outside of gpuinfra, and its disk"
            " with it; this makes a new one with an empty disk"
        )
    if change and replaces_host(changes, record):
        size = record.outputs.get("root_volume_size_gb")
        return f"this replaces the host {instance_id} and deletes its disk ({size} GB): {_causes(change)}"
    return ""


def _is_gone(changes: Sequence[Change], record: Record) -> bool:
    change = host_change(changes)
    return change is not None and change.action == "create" and was_whole(record)


def _ended_by_ec2(changes: Sequence[Change], record: Record) -> str:
    """Say that a host is gone that EC2 itself has ended, or may have; empty when it is not."""
    words = ENDED_BY_EC2.get(str(record.outputs.get("market")))
    if not (words and _is_gone(changes, record)):
        return ""
    gone = words.format(name=record.outputs.get("instance_id"))
    return f"{gone}, and its disk with it; this makes a new one"


def was_whole(record: Record) -> bool:
    """Tell whether an apply has finished a host, even if a refresh has taken it out of the state since."""
    return "instance_id" in record.outputs or any(it.endswith(AFTER_HOST) for it in record.resources)


def restart(changes: Sequence[Change]) -> str:
    """Say that the host would be stopped and started and why, empty when it would not."""
    change = host_change(changes)
    found = [a for a in change.attributes if a.name == RESTARTS] if change else []
    if change is None or change.action != "update" or not found:
        return ""
    return f"this stops and restarts the host: {', '.join(map(difference, found))}"


def lines(changes: Sequence[Change], record: Record) -> list[str]:
    """Return it as lines for a person; a host that is half made goes without a question, not unsaid."""
    change, lost = host_change(changes), loss(changes, record)
    half_made = change is not None and change.action == "replace" and not lost
    gone = _ended_by_ec2(changes, record)
    texts = (
        lost,
        gone,
        "the half-made host of an earlier run is replaced" if half_made else "",
        restart(changes),
    )
    return [f"! {text}" for text in texts if text]


def refuse_smaller_disk(changes: Sequence[Change]) -> None:
    """Refuse what AWS would refuse in the middle of an apply.

    Raises:
        ConfigError: the disk of the living host is larger than terraform.tfvars says.
    """
    change = host_change(changes)
    for a in change.attributes if change and change.action == "update" else ():
        if a.name == DISK_SIZE and float(a.after) < float(a.before):
            how = ": it was made larger outside of gpuinfra" if a.drifted else ""
            raise ConfigError(
                f"root_volume_size_gb is {a.after}, and the host's disk has {a.before} GB{how};"
                " AWS cannot make a disk smaller",
                hint=f"set root_volume_size_gb = {a.before} in terraform.tfvars",
            )


def refuse_another_kind(changes: Sequence[Change], settings: Settings, record: Record) -> None:
    """Refuse another type for a host that keeps its own, and another reservation for one that lives.

    EC2 stops no spot host, gives a reservation's place to the reserved type alone, and takes another
    reservation for stopped hosts only (ModifyInstanceCapacityReservationAttributes).

    Raises:
        ConfigError: terraform.tfvars asks for that.
    """
    host, change = record.host, host_change(changes)
    for a in change.attributes if change and host and change.action == "update" else ():
        if host and a.name.endswith(RESERVATION):
            own = a.before if a.before.startswith("cr-") else ""
            raise _kept_as_made(
                f"{host.instance_id} was made for {own or 'no capacity reservation'}, and keeps to that",
                f"set capacity_reservation_id = {json.dumps(own or None)} in terraform.tfvars",
            )
        reserved = settings.capacity_reservation_id
        is_spot = host is not None and host.market == SPOT
        if host and a.name == RESTARTS and (is_spot or reserved):
            why = "is a spot host: it cannot be stopped" if is_spot else f"was made for {reserved}"
            raise _kept_as_made(
                f"{host.instance_id} {why}, so it stays a {a.before}, and terraform.tfvars says {a.after}",
                f'set instance_type = "{a.before}" in terraform.tfvars   # or name it in instance_types',
            )


def _kept_as_made(message: str, hint: str) -> ConfigError:
    return ConfigError(
        f"{message}. For another one: gpuinfra down, then up; its disk is a new one", hint=hint
    )


def host_change(changes: Sequence[Change]) -> Change | None:
    """Return what would happen to the host; an earlier one that still waits to be deleted is another."""
    return next((c for c in changes if c.address == INSTANCE and c.action != "delete"), None)


def makes_host(changes: Sequence[Change]) -> bool:
    """Tell whether an apply would make a host, new or in the place of another."""
    change = host_change(changes)
    return change is not None and change.action in ("create", "replace")


def replaces_host(changes: Sequence[Change], record: Record) -> bool:
    """Tell whether an apply would replace a host that is whole."""
    change, instance_id = host_change(changes), record.outputs.get("instance_id")
    is_whole = instance_id in record.ids_of("aws_instance")
    return change is not None and change.action == "replace" and is_whole


def difference(a: AttributeChange) -> str:
    """Return one attribute as "name: before -> after"."""
    after = "a new one" if a.after == UNKNOWN and a.forces_replacement else a.after
    same = _same_letters(a.before, after)
    before, after = (("..." if same else "") + shorten(text[same:]) for text in (a.before, after))
    return f"{a.name}: {before} -> {after}" + (" (changed outside of gpuinfra)" if a.drifted else "")


def _causes(change: Change) -> str:
    found = [difference(a) for a in change.attributes if a.forces_replacement]
    return ", ".join(found) or REASONS.get(change.reason, "Terraform does not say why")


def _same_letters(before: str, after: str) -> int:
    """Return how many letters to leave out at the start, so that a cut text still shows what differs."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((n for n, (old, new) in pairs if old != new), 0)
    return max(same - 8, 0) if same > 30 else 0
