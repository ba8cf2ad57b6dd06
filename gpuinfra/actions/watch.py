"""Following a host's first boot until its conda environment is proven, or has failed."""

from collections.abc import Callable

from gpuinfra import boot
from gpuinfra.actions.connect import pin_key
from gpuinfra.boot import Boot
from gpuinfra.errors import HostError
from gpuinfra.hints import command
from gpuinfra.model import Host
from gpuinfra.ports import Ports

POLL_S = 1.0
LOOK_TIMEOUT_S = 20.0
# From running to a login: EC2 hosts take half a minute, the NVIDIA image a few; then something is wrong.
LOGIN_TIMEOUT_S = 900.0

OnBoot = Callable[[Boot], None]


def watch(ports: Ports, host: Host, *, on_boot: OnBoot) -> Boot:
    """Look at the host once a second until its bootstrap has ended well.

    Raises:
        HostError: the bootstrap failed for good, or the host does not let us in.
    """
    on_boot(Boot(state="waiting", message="starting up"))
    pin_key(ports, host)
    on_boot(Boot(state="waiting", message="waiting for its ssh"))
    began, seen = ports.clock.now(), False
    while not (found := look(ports, host)) or not found.ended:
        seen = seen or found is not None
        if found:
            on_boot(found)
        elif not seen and ports.clock.now() - began > LOGIN_TIMEOUT_S:
            raise _no_login(host)
        ports.clock.sleep(POLL_S)
    on_boot(found)
    if found.state != "done":
        raise failed(found, host)
    return found


def ready(ports: Ports, host: Host) -> Boot | None:
    """Return the boot of a host that was ready before; None for any other, without waiting."""
    found = look(ports, host) if ports.link.pinned(host) else None
    return found if found and found.state == "done" else None


def look(ports: Ports, host: Host) -> Boot | None:
    """Return how far the host is, None when it does not answer (yet)."""
    ports.link.configure(host, address=host.address)
    knock = not host.is_private and not ports.link.is_open(host)
    if knock and not ports.link.answers(host.public_ip):
        return None
    text = ports.link.run(host, boot.LOOK, timeout_s=LOOK_TIMEOUT_S)
    return None if text is None else boot.parse(text)


def failed(found: Boot, host: Host) -> HostError:
    """Return the error for a bootstrap that has failed, with the end of its log."""
    tail = "".join(f"\n    {line}" for line in found.error.splitlines() if line.strip())
    return HostError(
        f"the host is up, but its bootstrap failed in the step {found.step!r}"
        f" (exit code {found.rc}, attempt {found.attempt}): {found.message}{tail}",
        hint=f"{command('logs --boot', host.stack)}; it costs money until {command('down', host.stack)}",
    )


def _no_login(host: Host) -> HostError:
    if host.is_private:
        return HostError(
            f"{host.instance_id} has not let us in for 15 minutes: it does not boot, or its network does not"
            " lead to Session Manager (a NAT gateway, or the endpoints ssm, ssmmessages and ec2messages)",
            hint=command("logs --console", host.stack),
        )
    return HostError(
        f"{host.instance_id} has not let us in for 15 minutes: it does not boot, or your address is not"
        f" one of {', '.join(host.allowed_cidrs) or 'none'}",
        hint=f"{command('logs --boot', host.stack)}; if your address has changed: "
        f"{command('allow', host.stack)}",
    )
