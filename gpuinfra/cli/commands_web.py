"""jupyter and forward: one function per command, as in commands.py."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from gpuinfra import factory
from gpuinfra.ground.errors import Interrupted
from gpuinfra.ground.hints import command

if TYPE_CHECKING:
    from collections.abc import Callable


def jupyter(
    stack: str, *, port: int, open_browser: bool, on_ready: Callable[[dict[str, object]], None]
) -> NoReturn:
    """Start JupyterLab and carry its port until Ctrl-C.

    Raises:
        Interrupted: Ctrl-C; JupyterLab goes on.
    """
    from gpuinfra.features.web import forward, jupyter
    from gpuinfra.features.web.tunnel import SshTunnel, end_as_by_ctrl_c

    world, tunnel = factory.world(stack, os.environ), SshTunnel()

    def again(free: int) -> str:
        return command(f"jupyter --port {free}", stack)

    if port:
        forward.refuse_taken(tunnel, port, again)
    lab = jupyter.start(world)
    local = port or tunnel.free(jupyter.PORT)
    address = jupyter.url(lab, local)

    def on_up(first: bool) -> None:
        if first:
            on_ready({"url": address, "local_port": local, "host_port": lab.port})
            _open(address, open_browser)
        world.reporter.say(f"{'' if first else 're'}connected (Ctrl-C leaves JupyterLab running on the host)")

    try:
        end_as_by_ctrl_c()
        forward.carry(world, tunnel, local=local, remote=lab.port, on_up=on_up, again=again)
    except KeyboardInterrupt:
        raise Interrupted(
            "the tunnel is closed; JupyterLab and its kernels go on on the host",
            hint=f"{command('jupyter', stack)}   # or, to end them: {command('jupyter --stop', stack)}",
        ) from None
    raise AssertionError("carry() never returns")


def stop_jupyter(stack: str) -> dict[str, object]:
    """Stop JupyterLab on the host."""
    from gpuinfra.features.web import jupyter

    return {"stopped": jupyter.stop(factory.world(stack, os.environ))}


def forward(stack: str, text: str) -> NoReturn:
    """Carry a port until Ctrl-C.

    Raises:
        Interrupted: Ctrl-C.
    """
    from gpuinfra.features.web import forward
    from gpuinfra.features.web.tunnel import SshTunnel, end_as_by_ctrl_c

    local, remote = forward.parse(text)
    world, tunnel = factory.world(stack, os.environ), SshTunnel()

    def again(free: int) -> str:
        return command(f"forward {free}:{remote}", stack)

    forward.refuse_taken(tunnel, local, again)

    def on_up(first: bool) -> None:
        world.reporter.say(f"127.0.0.1:{local} is port {remote} of the host (Ctrl-C ends it)")

    try:
        end_as_by_ctrl_c()
        forward.carry(world, tunnel, local=local, remote=remote, on_up=on_up, again=again)
    except KeyboardInterrupt:
        raise Interrupted(f"port {local} is no longer carried") from None
    raise AssertionError("carry() never returns")


def _open(address: str, wanted: bool) -> None:
    import webbrowser

    if wanted:
        webbrowser.open(address)
