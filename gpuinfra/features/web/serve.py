"""JupyterLab on this machine until Ctrl-C, whether the environment of the host has it or a container."""

from collections.abc import Callable
from typing import Protocol

from gpuinfra.features.web.forward import Route, Tunnel, carry, refuse_taken
from gpuinfra.features.web.jupyter import PORT, JupyterServer, LocalJupyter, url
from gpuinfra.ground.errors import Interrupted
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


class Page(Protocol):
    """What the user sees JupyterLab by."""

    def show(self, address: str) -> None:
        """Open an address, token included."""

    def forget(self) -> None:
        """Keep nothing of it."""


def serve(
    world: World,
    tunnel: Tunnel,
    begin: Callable[[], JupyterServer],
    *,
    verb: str = "jupyter",
    port: int,
    page: Page | None,
    on_ready: Callable[[LocalJupyter], None],
) -> None:
    """Start JupyterLab by `begin` and carry its port until Ctrl-C; call `on_ready` once it can be opened.

    page: opens it, if anything shall. verb: the command, as hints say it.

    Raises:
        Interrupted: Ctrl-C; JupyterLab goes on.
    """
    stack = world.files.name

    def again(other: int) -> str:
        return command(f"{verb} --port {other}", stack)

    if port:
        refuse_taken(tunnel, Route(local=port, remote=0, again=again))
    lab = begin()
    route = Route(local=port or tunnel.free(PORT), remote=lab.port, again=again)
    address = url(lab, route.local)
    try:
        for first in carry(world, tunnel, route):
            if first:
                on_ready(LocalJupyter(url=address, local_port=route.local, host_port=lab.port))
                if page:
                    page.show(address)
            prefix = "" if first else "re"
            world.reporter.say(f"{prefix}connected (Ctrl-C leaves JupyterLab running on the host)")
    except KeyboardInterrupt:
        raise Interrupted(
            "the tunnel is closed; JupyterLab and its kernels go on on the host",
            hint=f"{command(verb, stack)}   # or, to end them: {command(f'{verb} --stop', stack)}",
        ) from None
    finally:
        if page:
            page.forget()
