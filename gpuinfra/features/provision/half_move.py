"""A move of the host to another place that `start` has begun and not ended: a file of the stack tells of it.

The file is the state as it was before. A move that fails writes outputs of a host that there is not; where
AWS says yes, and takes the new host back before it runs, the old one only waits to be deleted in it.
"""

from pathlib import Path

from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.files import write_private

KEPT = "terraform.tfstate.before-move"


def path(world: World) -> Path:
    """Return where the state of before a move is."""
    return world.state.path.with_name(KEPT)


def begin(world: World) -> None:
    """Note that one begins, with the state as it is now."""
    if world.state.path.exists():
        write_private(path(world), world.state.path.read_bytes())


def end(world: World) -> None:
    """Note that there is none any more."""
    path(world).unlink(missing_ok=True)


def exists(world: World) -> bool:
    """Tell whether there is one; nobody is asked for it."""
    return path(world).exists()


def row(world: World) -> str:
    """Return it for `status`, with the command that goes on with it; empty where there is none."""
    goes_on = command("start", world.files.name)
    return f"half done: unless a start is still at work, {goes_on} goes on with it" if exists(world) else ""
