"""What is checked before Terraform starts."""

import json

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.world import World

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
