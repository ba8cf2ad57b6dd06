"""A lock that is too long for user-data: sent over ssh to the host that waits for it."""

import hashlib

from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# Below the login user's home, where cloud-init/scripts/environment.sh looks; no sudo is needed.
TARGET = ".cache/gpuinfra/environment.lock"


def send(world: World, host: Host, boot: Boot) -> str:
    """Send environment.lock to a host that waits for it; return the sha256, empty when it waits for none.

    Raises:
        HostError: the file here is another than the one whose hash the host was given, or is not here.
        Unreachable: the host does not answer.
    """
    if not boot.awaits:
        return ""
    lock = world.user_data.lock()
    if lock is None or hashlib.sha256(lock).hexdigest() != boot.awaits:
        what = "is not here" if lock is None else "is another here"
        down, up = command("down", host.stack), command("up", host.stack)
        raise HostError(
            f"the host waits for the environment.lock that it was made with; that file {what}",
            hint=f"bring it back, or make the host anew, with an empty disk: {down} && {up}",
        )
    world.reporter.say("sending environment.lock, which the host waits for")
    world.host.send_file(host, lock, target=TARGET, sha256=boot.awaits)
    return boot.awaits
