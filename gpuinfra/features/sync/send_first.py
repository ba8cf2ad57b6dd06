"""Bringing the project to the host before a command that uses it there."""

from collections.abc import Callable
from pathlib import Path

from gpuinfra.features.sync import first
from gpuinfra.features.sync.sync import RsyncTransfer, SyncRequest
from gpuinfra.ground.errors import GpuInfraError, Interrupted
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World


def sender(world: World, rsync: RsyncTransfer, start: str) -> Callable[[Host], None]:
    """Return what brings the project around the folder `start` to a host that is connected.

    It raises what stands in the way, so that no command runs with other files than those that are here.
    """
    root, why_not = first.root_to_send(start)

    def send(host: Host) -> None:
        if why_not:
            world.reporter.say(why_not)
        if root:
            _send(world, rsync, host, request(Path(root)))

    return send


def request(root: Path) -> SyncRequest:
    """Return the sync: one way, as `gpuinfra sync up` does it."""
    return SyncRequest(mode="up", root=root, most=first.MOST)


def _send(world: World, rsync: RsyncTransfer, host: Host, wanted: SyncRequest) -> None:
    try:
        with first.Notice(world.reporter.say):
            result = rsync.run(host, wanted)
        for line in first.lines(result):
            world.reporter.say(line)
        result.check()
    except KeyboardInterrupt:
        raise Interrupted(first.STOPPED) from None
    except GpuInfraError as error:
        raise _not_begun(error) from None


def _not_begun(error: GpuInfraError) -> GpuInfraError:
    """Return the error, with what it means for the command, and the way around it."""
    hint = f"{error.hint}; the same with --no-sync goes without" if error.hint else "the same with --no-sync"
    return type(error)(f"{error.message}; the command was not begun", hint=hint)
