"""What else is done to a stack while a host is asked for, maybe for hours: nothing is asked on top of it."""

import dataclasses
from collections.abc import Set

from gpuinfra.features.provision.place import HOST_TYPE
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def refuse(world: World, settings: Settings, record: Record, *, known: Set[str], was_there: bool) -> None:
    """Refuse to ask on after another terminal has decided otherwise.

    known: the hosts that this run has seen in the record. was_there: it has seen anything there.

    Raises:
        HostError: a host was made meanwhile, or `down` has removed the stack.
        ConfigError: terraform.tfvars was edited; Terraform would take what nobody has agreed to.
    """
    stack = world.files.name
    if new := record.ids_of(HOST_TYPE) - known:
        made = f"another run has made the host {', '.join(new)} of this stack meanwhile"
        raise HostError(made, hint=command("status", stack))
    if was_there and not record.resources:
        gone = "the stack was removed meanwhile, by gpuinfra down: no host is asked for any more"
        raise HostError(gone, hint=f"{command('up', stack)}   # asks anew")
    if _wanted(world.values.read()) != _wanted(settings):
        edited = "terraform.tfvars was edited while a host was asked for: this run asks for no other one"
        raise ConfigError(edited, hint=f"{command('up', stack)}   # asks for what it says now")


def _wanted(settings: Settings) -> Settings:
    """Return the settings without what the place of the moment changes in them."""
    name = "" if settings.instance_types else settings.instance_type
    return dataclasses.replace(settings, pool=None, instance_type=name)
