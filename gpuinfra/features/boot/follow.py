"""Following a host's first boot until its conda environment is proven, or has failed."""

from collections.abc import Callable

from gpuinfra.features.connect import awaited_lock
from gpuinfra.features.connect.connect import pin_key, reach
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError, Unreachable
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import World

POLL_S = 1.0
# From running to a login: EC2 hosts take half a minute, the NVIDIA image a few; then something is wrong.
LOGIN_TIMEOUT_S = 900.0

OnBoot = Callable[[Boot], None]


def watch(world: World, host: Host, *, on_boot: OnBoot) -> Boot:
    """Look at the host once a second until its bootstrap has ended well.

    Raises:
        HostError: the bootstrap failed for good, the host is stopped or gone, or does not let us in.
    """
    on_boot(Boot(state="waiting", message="starting up"))
    pin_key(world, host)
    on_boot(Boot(state="waiting", message="waiting for its ssh"))
    heard, sent = world.clock.now(), ""
    while True:
        try:
            host, found = reach(world, host)
            if found.awaits != sent:  # it needs a second to see what was sent
                sent = awaited_lock.send(world, host, found)
        except Unreachable as error:
            if world.clock.now() - heard > LOGIN_TIMEOUT_S:
                raise _no_login(host, error) from None
        else:
            heard = world.clock.now()
            on_boot(found)
            if found.ended:
                break
        world.clock.sleep(POLL_S)
    if found.state != "done":
        raise failed(found, host)
    return found


def ready(world: World, host: Host) -> Boot | None:
    """Return the boot of a host that was ready before; None for any other, without waiting."""
    try:
        found = reach(world, host)[1] if world.ssh.pinned(host) else None
    except Unreachable:
        return None
    return found if found and found.state == "done" else None


def failed(found: Boot, host: Host) -> HostError:
    """Return the error for a bootstrap that has failed, with the end of its log."""
    tail = "".join(f"\n    {line}" for line in found.error.splitlines() if line.strip())
    return HostError(
        f"the host is up, but its bootstrap failed in the step {found.step!r}"
        f" (exit code {found.rc}, attempt {found.attempt}): {found.message}{tail}",
        hint=f"{command('logs --boot', host.stack)}; it costs money until {command('down', host.stack)}",
    )


def _no_login(host: Host, why: Unreachable) -> HostError:
    console, allow = command("logs --console", host.stack), command("allow", host.stack)
    if host.is_private:
        network = "does its network lead to Session Manager (NAT, or endpoints)?"
        return HostError(f"given up after 15 minutes without a login: {why.message}; {network}", hint=console)
    return HostError(
        f"given up after 15 minutes without a login: {why.message}",
        hint=f"{console}; if your address has changed: {allow}",
    )
