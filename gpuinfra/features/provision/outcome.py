"""What several commands share: the checks before Terraform starts and the report when it has ended."""

import json
from pathlib import Path

from gpuinfra.ground.errors import ConfigError, GpuInfraError, Interrupted, TerraformError
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Instance, Outcome, Record, Settings
from gpuinfra.ground.protocols import World
from gpuinfra.tools.terraform import errors

# Addresses in Terraform; states from before modules/host was one module lack its prefix.
HOST = "module.host."
INSTANCE = f"{HOST}module.instance.aws_instance.this"
SECURITY_GROUP = f"{HOST}module.security_group"
# A state that cannot be written is a lost host; a plan, a state and its backup need far less than this.
MIN_FREE_MB = 100


def prepare(world: World) -> Settings:
    """Check all that can be checked before anything is contacted; write what Terraform will send.

    Raises:
        ConfigError: a full disk, wrong values, or first-boot instructions that cannot be sent.
    """
    free = world.files.free_mb()
    if free < MIN_FREE_MB:
        raise ConfigError(
            f"the disk has {free} MB free; at least {MIN_FREE_MB} MB are needed, or Terraform's record of"
            " the host could be lost",
            hint="df -h .",
        )
    settings = settings_of(world)
    for warning in world.user_data.write(settings):
        world.reporter.say(warning)
    return settings


def settings_of(world: World) -> Settings:
    """Return the values of this stack.

    Raises:
        ConfigError: they are another stack's: its tags would be looked for, its names changed.
    """
    settings = world.values.read()
    if settings.stack != world.files.name:
        raise ConfigError(
            f"terraform.tfvars says stack = {settings.stack!r}, but this is the directory of the stack"
            f" {world.files.name!r}",
            hint=f"set stack = {json.dumps(world.files.name)} in it",
        )
    return settings


def orphans(world: World, settings: Settings, record: Record) -> list[Instance]:
    """Return the instances that carry this stack's tags and are not in the state."""
    known = record.ids_of("aws_instance")
    found = world.cloud(settings.region, settings).tagged_instances(settings.tags)
    return [i for i in found if i.instance_id not in known]


def describe(instances: list[Instance]) -> str:
    """Return instances as a short list for a sentence."""
    return ", ".join(f"{i.instance_id} ({i.instance_type}, {i.state}, since {i.launched})" for i in instances)


def check(world: World, outcome: Outcome, settings: Settings, *, stack: str) -> None:
    """Raise what a failed run means, with what exists now and what to type.

    Raises:
        Interrupted: the user pressed Ctrl-C.
        GpuInfraError: any other failure, explained.
    """
    if outcome.ok:
        return
    rescued = world.state.rescue(outcome.unsaved_state)
    if rescued:
        raise _unsaved(rescued, world.state.path)
    if outcome.interrupted:
        record = world.state.read()
        exists = what_exists(record, _lost(world, settings, record))
        raise Interrupted(
            f"stopped by Ctrl-C; Terraform saved its state. {exists}",
            hint=f"{command('up', stack)} (goes on) or {command('destroy', stack)} (removes it)",
        )
    raise errors.explain(outcome, settings)


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
        return f"No host is recorded; {len(record.resources)} other resources exist (they cost nothing)."
    return "Nothing was made."


def _unsaved(rescued: Path, state: Path) -> GpuInfraError:
    return TerraformError(
        f"the disk was full: Terraform could not save its state. It is safe in {rescued}",
        hint=f"free some space, then: cp {rescued} {state}",
    )
