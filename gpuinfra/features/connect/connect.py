"""Finding the way to a host: its true key, its present address, or the reason why it cannot be reached."""

import dataclasses

from gpuinfra.features.connect import awaited_lock
from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import CloudError, HostError, KeyChanged, Stopped, Unreachable
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_keys

POLL_S = 5.0
# From EC2's "running" to a login it takes half a minute.
START_TIMEOUT_S, START_POLL_S = 300.0, 1.0
STATUS_TIMEOUT_S = 20.0
# A start of this program, StartSession, and ssh's own greeting through it.
PRIVATE_TIMEOUT_S = 40.0
# "Posted shortly after a transition" (GetConsoleOutput); a Nitro host prints its keys in its first minute.
OF_ANOTHER = (
    "the keys on its console are not marked with this stack's host-key-nonce, which was lost or replaced"
)
KEYS_TIMEOUT_S = 300.0
KEYS_COMMAND = "cat /etc/ssh/ssh_host_*_key.pub"


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
    if host.public_ip != recorded.public_ip:
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


def pin_key(world: World, host: Host) -> None:
    """Pin the host's key as it printed it to its console, unless that has been done.

    Raises:
        HostError: the host does not run, or has not printed its keys within 5 minutes.
    """
    if not world.ssh.pinned(host):
        cloud = world.cloud(host.region, None)
        world.ssh.pin(host, _wait_for_keys(world, cloud, host))


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
    instance = _running(world.cloud(host.region, None), host)
    if (instance.public_ip or host.public_ip) == host.public_ip:
        raise trouble
    moved = dataclasses.replace(host, public_ip=instance.public_ip)
    return moved, read_boot_status(world, moved)


def read_boot_status(world: World, host: Host) -> Boot:
    """Return how far the host's bootstrap is.

    Raises:
        Unreachable: it does not let us in.
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
        raise _unreachable(
            host,
            f"{where}: it is still booting, or your address is not one of"
            f" {', '.join(host.allowed_cidrs) or 'none'}",
        )
    timeout_s = PRIVATE_TIMEOUT_S if host.is_private else STATUS_TIMEOUT_S
    try:
        look = world.ssh.run(host, boot_status.READ_STATUS, timeout_s=timeout_s)
        return boot_status.parse(look, gpus=host.gpu_count)
    except Unreachable as error:
        raise _unreachable(host, f"ssh does not get in: {error.message}") from None


def _port_is_open(world: World, host: Host) -> bool:
    return bool(host.public_ip) and world.ssh.answers(host.public_ip)


def _unreachable(host: Host, why: str) -> Unreachable:
    allow = "" if host.is_private else f"; if your address has changed: {command('allow', host.stack)}"
    return Unreachable(
        f"{host.instance_id} runs, but {why}", hint=f"{command('status --watch', host.stack)}{allow}"
    )


def _wait_for_keys(world: World, cloud: Cloud, host: Host) -> list[str]:
    began, token = world.clock.now(), world.files.nonce()
    while not (keys := host_keys.parse(console := cloud.console(host.instance_id), token=token)):
        _running(cloud, host)
        waited = world.clock.now() - began
        if host_keys.is_of_another(console, token=token):
            return _keys_by_agent(world, cloud, host, OF_ANOTHER)
        if waited >= KEYS_TIMEOUT_S:
            return _keys_by_agent(world, cloud, host, "no keys on its console for 5 minutes")
        if waited < POLL_S:
            world.reporter.say("waiting for the host to print its keys to its console (at its first boot)")
        world.clock.sleep(POLL_S)
    return keys


def _keys_by_agent(world: World, cloud: Cloud, host: Host, reason: str) -> list[str]:
    """Return the keys as Systems Manager's agent on the host reads them: AWS vouches for that, too.

    Raises:
        HostError: that does not work either.
    """
    world.reporter.say(f"{reason}; asking its Systems Manager agent")
    try:
        keys, why = host_keys.plain(cloud.run(host.instance_id, KEYS_COMMAND)), "its agent does not answer"
    except CloudError as error:
        keys, why = [], error.message
    if not keys:
        raise HostError(
            f"{host.instance_id}: {reason}, and Systems Manager does not show them ({why}); gpuinfra does not"
            " connect to a host that it cannot verify",
            hint=f"{command('logs --console', host.stack)}   # shows what it did print",
        )
    return keys


def _running(cloud: Cloud, host: Host) -> Instance:
    """Return the instance if it runs or is about to.

    Raises:
        HostError: it is stopped or gone.
    """
    instance = cloud.instance(host.instance_id)
    if instance is None or instance.state in ("terminated", "shutting-down"):
        raise HostError(f"the host {host.instance_id} is gone", hint=command("up", host.stack))
    if instance.state in ("stopped", "stopping"):
        raise Stopped(f"the host {host.instance_id} is {instance.state}", hint=command("start", host.stack))
    return instance
