"""Whether the host's environment is that of the files here: each look at a host brings their sha256."""

from collections.abc import Mapping, Sequence

from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What the environment is made of; the startup script runs once in a host's life.
FILES = ("environment.yml", "requirements.txt", "environment.lock")


def differing(world: World, boot: Boot) -> tuple[str, ...]:
    """Return the names of the files that are others here than those the host's environment was made of."""
    try:
        here = world.user_data.digests()
    except ConfigError:
        return ()  # a host can be looked at from where there is no environment.yml
    return others(boot, here)


def others(boot: Boot, here: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of those whose sha256 is another than these; none while the host's are not known."""
    return tuple(name for name in FILES if boot.made_of and boot.made_of.get(name) != here.get(name))


def told(names: Sequence[str], stack: str) -> str:
    """Say it, and the one command that brings them there."""
    verb = "are not those" if names[1:] else "is not the one"
    cure = command("env apply", stack)
    return (
        f"{' and '.join(names)} here {verb} that the host's environment was made of; {cure} brings it there"
    )
