"""Carrying a port of the host to this machine, for as long as the user wants it."""

from collections.abc import Callable

from gpuinfra.actions.again import reconnect
from gpuinfra.actions.connect import connect
from gpuinfra.errors import ConfigError
from gpuinfra.ports import Ports
from gpuinfra.work_ports import Carried, Tunnel

UP_TIMEOUT_S = 30.0
PAUSE_S = 1.0
KEY_REFUSED = "Host key verification failed"


def parse(text: str) -> tuple[int, int]:
    """Return the local and the remote port of "LOCAL:REMOTE", or of one number for both.

    Raises:
        ConfigError: it is neither.
    """
    local, colon, remote = text.partition(":")
    return _port(local, text), _port(remote if colon else local, text)


def refuse_taken(tunnel: Tunnel, local: int, again: Callable[[int], str]) -> None:
    """Raise ConfigError if the local port is in use; `again` makes the command line for another one."""
    if tunnel.taken(local):
        raise ConfigError(
            f"port {local} of this machine is in use by another program",
            hint=again(tunnel.free(local + 1)),
        )


def carry(ports: Ports, tunnel: Tunnel, *, local: int, remote: int, on_up: Callable[[bool], None]) -> None:
    """Carry the port until Ctrl-C; connects again whenever the connection ends. `on_up` gets: first time?

    Raises:
        HostError: the host cannot be reached (at first), is gone, or shows another key.
    """
    host, first = connect(ports), True
    while True:
        carried = tunnel.carry(ports.link.argv(host, []), local=local, remote=remote)
        try:
            first = _told(carried, on_up, first)
            why = carried.wait()
        finally:
            carried.end()
        if KEY_REFUSED in why:
            ports.link.run(host, "true", timeout_s=30.0)  # it raises, and says which key
        ports.narrator.say(f"the connection ended ({why}); connecting again")
        ports.clock.sleep(PAUSE_S)
        host = reconnect(ports)


def _told(carried: Carried, on_up: Callable[[bool], None], first: bool) -> bool:
    if not carried.up(timeout_s=UP_TIMEOUT_S):
        return first
    on_up(first)
    return False


def _port(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ConfigError(
            f"{whole!r} is not LOCAL:REMOTE, two ports from 1 to 65535", hint="gpuinfra forward 6006:6006"
        )
    return int(text)
