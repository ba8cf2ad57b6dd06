"""Finding the way to a host: its true key, its present address, or the reason why it cannot be reached."""

import dataclasses
from pathlib import Path

from gpuinfra.features.connect import awaited_lock
from gpuinfra.features.connect.pin import pin_key, running
from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError, KeyChanged, Refused, Stopped, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# From EC2's "running" to a login it takes half a minute.
START_TIMEOUT_S, START_POLL_S = 300.0, 1.0
STATUS_TIMEOUT_S = 20.0
# A start of this program, StartSession, and ssh's own greeting through it.
PRIVATE_TIMEOUT_S = 40.0


def connect(world: World) -> Host:
    """Return the host, connected to with its key verified; see `connect_and_check`."""
    return connect_and_check(world)[0]


def connect_and_check(world: World) -> tuple[Host, Boot]:
    """Return the host, connected to with its key verified, and how far its bootstrap is.

    One that is stopped is offered to be started, if there is a terminal to ask at.

    Raises:
        HostError: there is no host, or it is stopped, gone, still booting or closed to the caller.
    """
    recorded = world.recorded_host()
    try:
        pin_key(world, recorded)
        host, boot = reach(world, recorded)
    except Stopped as error:
        if not world.reporter.offer(f"{error.message}. Start it? It costs money while it runs."):
            raise
        recorded = world.start_host(world)
        host, boot = _reach_soon(world, recorded)
    try:
        awaited_lock.send(world, host, boot)
    except HostError as error:  # whoever looks at such a host must get in all the same
        world.reporter.say(f"{error.message}; {error.hint}")
    if host.address != recorded.address:
        world.reporter.say(f"the host has a new address: {host.public_ip}")
    return host, boot


def _reach_soon(world: World, host: Host) -> tuple[Host, Boot]:
    """Return the host as soon as it lets us in after a start.

    Raises:
        Unreachable: it has not within 5 minutes.
    """
    began = world.clock.now()
    with world.reporter.live("The host starts"):
        while True:
            try:
                pin_key(world, host)
                return reach(world, host)
            except Unreachable:
                if world.clock.now() - began > START_TIMEOUT_S:
                    raise
                world.clock.sleep(START_POLL_S)


def reach(world: World, host: Host) -> tuple[Host, Boot]:
    """Return the host and its boot; one that was stopped and started has a new address, and EC2 knows it.

    Raises:
        Unreachable: it runs, but does not let us in.
        HostError: it is stopped or gone, or shows a wrong key.
    """
    try:
        return host, read_boot_status(world, host)
    except (Unreachable, KeyChanged) as error:  # the old address may be another host's by now
        trouble = error
    instance = running(world.cloud(host.region, None), host)
    if host.is_private or (instance.public_ip or host.public_ip) == host.public_ip:
        raise trouble
    moved = dataclasses.replace(host, public_ip=instance.public_ip)
    return moved, read_boot_status(world, moved)


def read_boot_status(world: World, host: Host) -> Boot:
    """Return how far the host's bootstrap is.

    Raises:
        Unreachable: nothing answers there, or not yet.
        Refused: it does not let the key in.
        KeyChanged: it shows a wrong key.
    """
    is_open = world.ssh.is_open(host)
    try:
        return _read_boot_status_once(world, host, is_open=is_open)
    except Unreachable:
        if not is_open or world.ssh.is_open(host):
            raise
    # the open connection was dead (the laptop slept) and has been dropped: connect anew
    return _read_boot_status_once(world, host, is_open=False)


def _read_boot_status_once(world: World, host: Host, *, is_open: bool) -> Boot:
    # an open connection goes to where the host is now, whatever address is recorded
    if host.address:
        world.ssh.configure(host, address="" if is_open else host.address)
    if not is_open and not host.is_private and not _port_is_open(world, host):
        where = f"nothing answers at {host.public_ip}" if host.public_ip else "it has no public address"
        groups, has_own = ", ".join(host.security_group_ids), bool(host.security_group_id)
        known = ", ".join(host.allowed_cidrs) or ("none" if has_own else f"those that {groups} let in")
        raise _unreachable(
            host,
            f"{where}: it is still booting, or your address is not one of {known}",
            hint=f"; if your address has changed: {command('allow', host.stack)}" if has_own else "",
        )
    timeout_s = PRIVATE_TIMEOUT_S if host.is_private else STATUS_TIMEOUT_S
    try:
        look = world.ssh.run(host, boot_status.READ_STATUS, timeout_s=timeout_s)
        return boot_status.parse(look, gpus=host.gpu_count)
    except (Unreachable, Refused) as error:
        raise _no_login(world, host, error, is_open=is_open) from None


def _port_is_open(world: World, host: Host) -> bool:
    return bool(host.public_ip) and world.ssh.answers(host.public_ip)


def _unreachable(host: Host, why: str, *, hint: str = "") -> Unreachable:
    return Unreachable(
        f"{host.instance_id} runs, but {why}", hint=f"{command('status --watch', host.stack)}{hint}"
    )


def _no_login(world: World, host: Host, why: HostError, *, is_open: bool) -> HostError:
    """Return the error for a host that answers and does not let us in, and what this machine can tell of it.

    Without a key that it can use ssh gets in nowhere, whatever the host said last: who was refused often is
    not even answered for a while (PerSourcePenalties, sshd_config(5)).
    """
    key = Path(host.private_key_path).expanduser()
    if not is_open and (trouble := world.ssh.key_trouble(key, host.stack)):
        return Refused(f"{host.instance_id} was offered no key: {trouble.message}", hint=trouble.hint)
    if isinstance(why, Refused):
        return Refused(
            f"{host.instance_id} refuses the key {key} ({why.message})",
            hint=f"{command('logs --console', host.stack)}   # which keys {host.ssh_user} got at its boot",
        )
    return _unreachable(host, f"ssh does not get in: {why.message}")
