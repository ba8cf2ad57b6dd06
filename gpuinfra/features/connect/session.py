"""`ssh`: the command line of a session on the host."""

from collections.abc import Sequence

from gpuinfra.features.connect.connect import connect_and_check
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def session(world: World, remote: Sequence[str], *, forget_key: bool) -> list[str]:
    """Return the command line that runs a command there, or a shell; says so if the host is not ready."""
    if forget_key:
        world.ssh.forget(world.recorded_host())
    host, boot = connect_and_check(world)
    if note := not_ready(boot, host.stack):
        world.reporter.say(note)
    return world.ssh.argv(host, remote)


def not_ready(boot: Boot, stack: str) -> str:
    """Return what to tell who comes onto a host that is not ready; nothing for one that is."""
    if boot.state == "done":
        return ""
    if boot.ended:
        return f"its bootstrap failed in the step {boot.step!r}: {command('logs', stack)}"
    return f"the host still sets itself up: {command('status --watch', stack)}   # shows how far it is"
