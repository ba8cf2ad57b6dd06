"""`logs`: what the host logged while it set itself up."""

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground import boot_status
from gpuinfra.ground.errors import HostError, Unreachable
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

LOG_TIMEOUT_S = 60.0


def logs(world: World, *, console: bool) -> str:
    """Return the bootstrap's whole log; with `console`, or while ssh does not answer, the serial console.

    Raises:
        HostError: neither can be had.
    """
    host = world.recorded_host()
    if not console and (log := _bootstrap_log(world)):
        return log
    text = world.cloud(host.region, None).console(host.instance_id)
    if not text:
        raise HostError("the console is empty so far", hint=command("status --watch", host.stack))
    return text


def _bootstrap_log(world: World) -> str:
    """Return the log by ssh; if there is none, say that the console comes instead."""
    try:
        log = world.ssh.run(connect(world), f"sudo cat {boot_status.LOG_FILE}", timeout_s=LOG_TIMEOUT_S)
    except Unreachable as error:
        world.reporter.say(f"{error.message}; this is the console")
        return ""
    if not log:
        world.reporter.say("there is no bootstrap log yet; this is the console")
    return log
