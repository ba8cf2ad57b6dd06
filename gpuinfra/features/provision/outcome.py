"""How a run of Terraform ended, and what exists now: hosts that only AWS knows are told, too."""

import re
from pathlib import Path

from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.resource_names import listed
from gpuinfra.ground.errors import GpuInfraError, Interrupted, NotAccepted, TerraformError
from gpuinfra.ground.model import Instance, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.terraform import errors

# Warnings about what we ask of Terraform ourselves: `allow` applies a part, moved.tf forgets notes.
OF_OURS = (
    "Resource targeting is in effect",
    "Applied changes may be incomplete",
    "Some objects will no longer be managed by Terraform",
)
# What costs money without a host, the endpoint of S3 aside.
COSTLY = re.compile(r"\.(aws_nat_gateway|aws_eip|aws_vpc_endpoint\.interface)\b")


def orphans(world: World, settings: Settings, record: Record) -> list[Instance]:
    """Return the instances with this stack's tags that neither the state nor `--until-ready` knows."""
    known = record.ids_of("aws_instance") | kept_host.ids(world)
    found = world.cloud(settings.region, settings).tagged_instances(settings.tags)
    return [i for i in found if i.instance_id not in known]


def describe(instances: list[Instance]) -> str:
    """Return instances as a short list for a sentence."""
    return ", ".join(f"{i.instance_id} ({i.instance_type}, {i.state}, since {i.launched})" for i in instances)


def check(world: World, outcome: Outcome, settings: Settings) -> None:
    """Tell Terraform's warnings; raise what a failed run means, with what exists now and what to type.

    Raises:
        Interrupted: the user pressed Ctrl-C.
        GpuInfraError: any other failure, explained.
    """
    for d in outcome.warnings:
        if d.summary not in OF_OURS:
            world.reporter.say(errors.warned(d))
    if outcome.ok:
        return
    rescued = world.state.rescue(outcome.unsaved_state)
    if rescued:
        raise _unsaved(rescued, world.state.path)
    if outcome.interrupted:
        record, stack = world.state.read(), world.files.name
        lost = _lost(world, settings, record)
        on = f"{command('recover', stack)} (takes it over)" if lost else f"{command('up', stack)} (goes on)"
        raise Interrupted(
            f"stopped by Ctrl-C; Terraform saved its state. {what_exists(record, lost)}",
            hint=f"{on} or {command('destroy', stack)} (removes it)",
        )
    error = errors.explain(outcome, settings)
    if isinstance(error, NotAccepted):
        orphans(world, settings, Record())  # our own call can tell whether it is the region that is off
    raise error


def _lost(world: World, settings: Settings, record: Record) -> list[Instance]:
    """Return the hosts that AWS made although Terraform stopped waiting for its answer."""
    try:
        return orphans(world, settings, record)
    except (GpuInfraError, KeyboardInterrupt):
        return []  # the next `up` asks again


def what_exists(record: Record, lost: list[Instance]) -> str:
    """Say in one sentence what there is: hosts in the state, hosts that only AWS knows, or none."""
    ids = sorted(record.ids_of("aws_instance"))
    if lost:
        return f"AWS shows a host that the state does not name: {describe(lost)}; it costs money."
    if ids:
        return f"There is a host: {', '.join(ids)}; it costs money until it is destroyed."
    if record.resources:
        cost = _costly(record) or "they cost nothing"
        return f"No host is recorded; {len(record.resources)} other resources exist ({cost})."
    return "Nothing was made."


def cost_without_host(record: Record, stack: str) -> str:
    """Return what costs money although no host is recorded, and what ends that; empty for nothing."""
    if record.ids_of("aws_instance") or not (costly := _costly(record)):
        return ""
    return f"no host, but {costly}: {command('up', stack)} (goes on) or {command('down', stack)} (removes it)"


def _costly(record: Record) -> str:
    costly = [address for address in record.resources if COSTLY.search(f".{address}")]
    return f"{listed(costly)} cost money" if costly else ""


def _unsaved(rescued: Path, state: Path) -> GpuInfraError:
    return TerraformError(
        f"the disk was full: Terraform could not write {state}. It is safe in {rescued}",
        hint=f"free some space, then: cp {rescued} {state}",
    )
