"""Carrying a port of the host to this machine, for as long as the user wants it."""

from collections.abc import Callable

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import reconnect
from gpuinfra.ground.errors import ConfigError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import World
from gpuinfra.ground.work_protocols import Tunnel

UP_TIMEOUT_S, LOOK_TIMEOUT_S = 30.0, 20.0
PAUSE_S = 1.0
# What ssh ends with; the others may pass by themselves.
KEY_REFUSED, IN_USE = "Host key verification failed", "Address already in use"


def parse(text: str) -> tuple[int, int]:
    """Return the local and the remote port of "LOCAL:REMOTE", or of one number for both.

    Raises:
        ConfigError: it is neither.
    """
    local, colon, remote = text.partition(":")
    return _port(local, text), _port(remote if colon else local, text)


def refuse_taken(tunnel: Tunnel, local: int, again: Callable[[int], str]) -> None:
    """Raise ConfigError if we cannot have the local port; `again` makes the command line for another one."""
    try:
        taken = tunnel.taken(local)
    except PermissionError:
        raise ConfigError(
            f"port {local} of this machine is for root alone: take one from 1024 up",
            hint=again(tunnel.free(local + 8000)),
        ) from None
    if taken:
        raise _in_use(tunnel, local, again)


def carry(
    world: World,
    tunnel: Tunnel,
    *,
    local: int,
    remote: int,
    on_up: Callable[[bool], None],
    again: Callable[[int], str],
) -> None:
    """Carry the port until Ctrl-C; connects again whenever the connection ends. `on_up` gets: first time?

    Raises:
        ConfigError: another program has taken the local port meanwhile.
        HostError: the host cannot be reached (at first), is gone, or shows another key.
    """
    host, first = connect(world), True
    _look(world, host, remote)
    while True:
        carried = tunnel.carry(world.ssh.argv(host, []), local=local, remote=remote)
        try:
            if came := carried.up(timeout_s=UP_TIMEOUT_S):
                on_up(first)
                first = False
            why = carried.wait()
        finally:
            carried.end()
        if IN_USE in why:
            raise _in_use(tunnel, local, again)
        if KEY_REFUSED in why:
            world.ssh.run(host, "true", timeout_s=LOOK_TIMEOUT_S)  # it raises, and says which key
        world.reporter.say(f"the connection ended ({why}); connecting again")
        world.clock.sleep(PAUSE_S)
        # one that was up is tried again at once: the shared connection may be dead, too, and notice later
        if not came:
            _look(world, host := reconnect(world), remote)


def _look(world: World, host: Host, port: int) -> None:
    """Say so when nobody serves the port: the browser would only show an empty page."""
    line = f"bash -c '(: < /dev/tcp/127.0.0.1/{port}) 2>/dev/null || echo silent'"
    try:
        silent = "silent" in world.ssh.run(host, line, timeout_s=LOOK_TIMEOUT_S)
    except Unreachable:
        return  # the tunnel will tell
    if silent:
        world.reporter.say(f"nothing listens on port {port} of the host's loopback (yet)")


def _in_use(tunnel: Tunnel, local: int, again: Callable[[int], str]) -> ConfigError:
    return ConfigError(
        f"port {local} of this machine is in use by another program", hint=again(tunnel.free(local + 1))
    )


def _port(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ConfigError(
            f"{whole!r} is not LOCAL:REMOTE, two ports from 1 to 65535", hint="gpuinfra forward 6006:6006"
        )
    return int(text)
