"""Ports of the host on this machine, for as long as the user wants them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import reconnect
from gpuinfra.ground.errors import ConfigError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

UP_TIMEOUT_S, CHECK_TIMEOUT_S = 30.0, 20.0
PAUSE_S = 1.0
# What ssh ends with; the others may pass by themselves.
KEY_REFUSED, IN_USE = "Host key verification failed", "Address already in use"


class Tunnel(Protocol):
    """Carries ports of the host to this machine, each by a connection of its own."""

    def taken(self, port: int) -> bool:
        """Tell whether a port of this machine is in use; raises PermissionError for one that needs root."""

    def free(self, near: int) -> int:
        """Return a port of this machine that is free, `near` itself if it is."""

    def carry(self, host: Host, *, local: int, remote: int) -> "Carried":
        """Begin to carry the local port to the same machine's loopback over there."""


class Carried(Protocol):
    """A tunnel that has been begun."""

    def up(self, *, timeout_s: float) -> bool:
        """Wait until it carries; False when it has ended instead, as it has to when the time is over."""

    def wait(self) -> str:
        """Wait until it ends; return ssh's last words."""

    def end(self) -> None:
        """End it."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """The local port, the host's, and how to type the command with another local port."""

    local: int
    remote: int
    again: Callable[[int], str]


def parse(text: str) -> tuple[int, int]:
    """Return the local and the remote port of "LOCAL:REMOTE", or of one number for both.

    Raises:
        ConfigError: it is neither.
    """
    local, colon, remote = text.partition(":")
    return _port(local, text), _port(remote if colon else local, text)


def forward(world: World, tunnel: Tunnel, ports: str) -> None:
    """Carry a port until Ctrl-C.

    Raises:
        ConfigError: `ports` is none, or the local one is taken.
        Interrupted: Ctrl-C.
    """
    local, remote = parse(ports)

    def again(port: int) -> str:
        return command(f"forward {port}:{remote}", world.files.name)

    route = Route(local=local, remote=remote, again=again)
    refuse_taken(tunnel, route)
    try:
        for _ in carry(world, tunnel, route):
            world.reporter.say(f"127.0.0.1:{local} is port {remote} of the host (Ctrl-C ends it)")
    except KeyboardInterrupt:
        raise Interrupted(f"port {local} is no longer carried") from None


def refuse_taken(tunnel: Tunnel, route: Route) -> None:
    """Raise ConfigError if we cannot have the local port."""
    try:
        taken = tunnel.taken(route.local)
    except PermissionError:
        raise ConfigError(
            f"port {route.local} of this machine is for root alone: take one from 1024 up",
            hint=route.again(tunnel.free(route.local + 8000)),
        ) from None
    if taken:
        raise _in_use(tunnel, route)


def carry(world: World, tunnel: Tunnel, route: Route) -> Iterator[bool]:
    """Carry the port for ever; yield each time that it is connected: was it the first time?

    Raises:
        ConfigError: another program has taken the local port meanwhile.
        HostError: the host cannot be reached (at first), is gone, or shows another key.
    """
    host, first = connect(world), True
    _warn_if_silent(world, host, route.remote)
    while True:
        carried = tunnel.carry(host, local=route.local, remote=route.remote)
        try:
            if is_up := carried.up(timeout_s=UP_TIMEOUT_S):
                yield first
                first = False
            why = carried.wait()
        finally:
            carried.end()
        if IN_USE in why:
            raise _in_use(tunnel, route)
        if KEY_REFUSED in why:
            _raise_key_error(world, host)
        world.reporter.say(f"the connection ended ({why}); connecting again")
        world.clock.sleep(PAUSE_S)
        # one that was up is tried again at once: the shared connection may be dead, too, and notice later
        if not is_up:
            _warn_if_silent(world, host := reconnect(world), route.remote)


def _raise_key_error(world: World, host: Host) -> None:
    """Open a connection only for its error: it says which key the host shows, and which one is known."""
    world.ssh.run(host, "true", timeout_s=CHECK_TIMEOUT_S)


def _warn_if_silent(world: World, host: Host, port: int) -> None:
    """Say so when nobody serves the port: the browser would only show an empty page."""
    line = f"bash -c '(: < /dev/tcp/127.0.0.1/{port}) 2>/dev/null || echo silent'"
    try:
        silent = "silent" in world.ssh.run(host, line, timeout_s=CHECK_TIMEOUT_S)
    except Unreachable:
        return  # the tunnel will tell
    if silent:
        world.reporter.say(f"nothing listens on port {port} of the host's loopback (yet)")


def _in_use(tunnel: Tunnel, route: Route) -> ConfigError:
    return ConfigError(
        f"port {route.local} of this machine is in use by another program",
        hint=route.again(tunnel.free(route.local + 1)),
    )


def _port(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ConfigError(
            f"{whole!r} is not LOCAL:REMOTE, two ports from 1 to 65535", hint="gpuinfra forward 6006:6006"
        )
    return int(text)
