"""What taking a running host over would mean: planned, read, and refused where the host would not stay."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.money import lease_apply
from gpuinfra.features.provision import adoption, consequences, leftovers, progress
from gpuinfra.features.provision.leftovers import Leftovers
from gpuinfra.features.provision.resource_names import INSTANCE, label
from gpuinfra.ground.errors import ConfigError, Interrupted
from gpuinfra.ground.model import UNKNOWN, AttributeChange, Change, Instance, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.terraform import errors

# Argument of the host -> what says it in terraform.tfvars.
VARIABLES = {
    "instance_type": "instance_type",
    "root_block_device.volume_size": "root_volume_size_gb",
    "availability_zone": "availability_zone",
    "subnet_id": "subnet_id",
    "root_block_device.kms_key_id": "kms_key_id",
}
NOTHING = "nothing was taken over, the state is as it was"


@dataclass(frozen=True, kw_only=True)
class Takeover:
    """What a plan would make known to Terraform: address -> id; all that it would do; what else was found.

    lease: what is left of it to the host, in words.
    """

    host: Instance
    ids: Mapping[str, str]
    changes: tuple[Change, ...]
    left: Leftovers
    lease: Sequence[str]


def planned(world: World, settings: Settings, host: Instance, *, state: Path) -> Takeover:
    """Plan twice: what Terraform would make without a state has the addresses of what is there.

    Raises:
        ConfigError: terraform.tfvars says another host than the one that runs.
    """
    _refuse_other_access(settings, host)
    terraform, plan_file = world.terraform(), world.files.plan_file
    cloud = world.cloud(settings.region, settings)

    def changes_with(ids: Mapping[str, str]) -> tuple[Change, ...]:
        outcome = terraform.plan_import(plan_file, ids, state=state, on_progress=on_progress)
        check(world, settings, outcome)
        return terraform.details(plan_file)

    given = lease_apply.values_of_unrecorded(world, settings, host)
    terraform.give(given)
    with progress.shown(world, "Planning") as on_progress:
        terraform.init()
        ids = adoption.addresses(changes_with({}), cloud.parts(host.instance_id, settings.tags))
        changes = changes_with(ids)
    left = leftovers.find(world, settings, Record(resources=dict(ids)), strangers=())
    lease = lease_apply.told_of_unrecorded(given, settings)
    takeover = Takeover(host=host, ids=ids, changes=changes, left=left, lease=lease)
    _refuse(takeover, again(world))
    return takeover


def check(world: World, settings: Settings, outcome: Outcome) -> None:
    """Raise what a failed run means; unlike that of an apply its state is worth nothing."""
    if outcome.interrupted:
        raise Interrupted(f"stopped by Ctrl-C; {NOTHING}", hint=again(world))
    if not outcome.ok:
        raise errors.explain(outcome, settings)


def again(world: World) -> str:
    """Return the command line of `recover` for this stack."""
    return command("recover", world.files.name)


def _refuse_other_access(settings: Settings, host: Instance) -> None:
    """Refuse ssh to a host without an address; one that is stopped does not tell whether it has any."""
    if host.state == "running" and settings.access == "ssh" and not host.public_ip:
        raise ConfigError(
            f'access is "ssh", and the host {host.instance_id} has no public address; {NOTHING}',
            hint='set access = "ssm" in terraform.tfvars   # then the same command again',
        )


def _refuse(takeover: Takeover, command_line: str) -> None:
    """Refuse a plan by which the host, or what holds it, would be made anew, or the host be restarted."""
    for change in sorted(takeover.changes, key=lambda change: change.address != INSTANCE):
        if change.address not in takeover.ids:
            continue
        is_host = change.address == INSTANCE
        harmful = [a for a in change.attributes if a.forces_replacement or (is_host and _is_felt(a))]
        if harmful or change.action != "update":
            raise _differs(takeover, change, harmful, command_line)


def _is_felt(a: AttributeChange) -> bool:
    return a.name in (consequences.RESTARTS, consequences.DISK_SIZE)


def _differs(
    takeover: Takeover, change: Change, harmful: Sequence[AttributeChange], command_line: str
) -> ConfigError:
    is_host = change.address == INSTANCE
    what = f"the host {takeover.host.instance_id}" if is_host else label(change.address)
    for a in harmful:
        if is_host and a.name in VARIABLES and a.after != UNKNOWN:
            name = VARIABLES[a.name]
            value = a.before if a.before.isdigit() else json.dumps(a.before)
            return ConfigError(
                f"terraform.tfvars says {name} = {a.after}, and {what} has {a.before}; {NOTHING}",
                hint=f"set {name} = {value} in terraform.tfvars   # then: {command_line}",
            )
    causes = ", ".join(map(consequences.difference, harmful)) or change.reason or change.action
    return ConfigError(
        f"terraform.tfvars does not say what runs: {what} would be made anew ({causes}); {NOTHING}",
        hint=f"compare access, subnet_id and private_network in terraform.tfvars   # then: {command_line}",
    )
