"""jupyter, and any other port of the host, on this machine's loopback."""

import os
from functools import partial
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Browser, Json, LocalPort, NoSync, Stack, result
from gpuinfra.factory import host_parts
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(jupyter)
    app.command(epilog=examples("forward 6006", "forward 8080:80"))(forward)


def jupyter(
    stack: Stack = DEFAULT_STACK,
    port: LocalPort = 0,
    browser: Browser = True,
    stop: Annotated[bool, typer.Option("--stop", help="End JupyterLab and its kernels on the host.")] = False,
    no_sync: NoSync = False,
    as_json: Json = False,
) -> None:
    """Open JupyterLab of the host's environment.

    In the project's folder, which goes there first, as by `gpuinfra sync up`; through a tunnel. Ctrl-C ends
    the tunnel and leaves JupyterLab running.
    """
    from gpuinfra.features.web import jupyter, serve

    world = factory.world(stack, os.environ)
    if stop:
        stopped = jupyter.stop(world)
        return result("stopped" if stopped else "it was not running", {"stopped": stopped}, as_json)
    serve.serve(
        world,
        host_parts.tunnel(world),
        partial(jupyter.start, world, host_parts.sync_first(world, os.environ, no_sync=no_sync)),
        port=port,
        page=host_parts.page(stack, os.environ) if browser else None,
        on_ready=lambda lab: result(lab.url, lab, as_json),
    )


def forward(
    ports: Annotated[str, typer.Argument(metavar="LOCAL:REMOTE", help="Two ports, or one for both.")],
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Carry a port of the host to this machine.

    Until Ctrl-C. TensorBoard is at 6006.
    """
    from gpuinfra.features.web import forward

    world = factory.world(stack, os.environ)
    forward.forward(world, host_parts.tunnel(world), ports)
