"""A host that somebody has protected against termination: nothing of ours takes that off in silence.

The provider (5.x) does, in a destroy and in a replacement: for the state it is a setting of its own.
"""

from collections.abc import Iterable

from gpuinfra.features.provision.consequences import host_change
from gpuinfra.ground.errors import CloudError, ConfigError, Declined
from gpuinfra.ground.model import Change, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What the user types before the protection is taken off, and the option that says the same.
FORCE = "force"


def lift(world: World, settings: Settings, instance_ids: Iterable[str], *, force: bool) -> None:
    """Take the protection off hosts that are about to be removed, after a question of its own.

    Raises:
        Declined: the user said no.
        ConfigError: there is nobody to ask.
    """
    cloud = world.cloud(settings.region, settings)
    for name in _protected(world, settings, instance_ids):
        question = f"{_said(name)}. Take that off, and remove the host?"
        if not force and not world.reporter.confirm(question, word=FORCE):
            raise Declined("nothing was destroyed", hint=command("status", world.files.name))
        world.reporter.say(f"{name}: its protection against termination is taken off")
        cloud.unprotect(name)


def refuse_replacement(world: World, settings: Settings, changes: Iterable[Change], record: Record) -> None:
    """Refuse a plan that would remove a protected host and make another in its place.

    Raises:
        ConfigError: it would.
    """
    change = host_change(tuple(changes))
    if change is None or change.action != "replace":
        return
    for name in _protected(world, settings, record.ids_of("aws_instance")):
        off = f"aws ec2 modify-instance-attribute --region {settings.region} --instance-id {name}"
        raise ConfigError(
            f"{_said(name)}, and this would replace it; nothing was changed",
            hint=f"{off} --no-disable-api-termination   # then the same command, which asks",
        )


def _said(name: str) -> str:
    return f"the host {name} is protected against termination, which somebody has switched on"


def _protected(world: World, settings: Settings, instance_ids: Iterable[str]) -> list[str]:
    cloud, found = world.cloud(settings.region, settings), []
    for name in sorted(instance_ids):
        try:
            found += [name] if cloud.is_protected(name) else []
        except CloudError:
            continue  # it has gone; or who may not ask for it must be able to end the cost all the same
    return found
