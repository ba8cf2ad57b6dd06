"""jupyter, and any other port of the host, on this machine's loopback."""

from typing import Annotated

import typer

from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(jupyter)
    app.command()(forward)


def jupyter(
    stack: Stack = DEFAULT_STACK,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="On this machine; default: the first free one from 8888 on.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
    stop: Annotated[bool, typer.Option("--stop", help="End JupyterLab and its kernels on the host.")] = False,
    as_json: Json = False,
) -> None:
    """Open JupyterLab of the host's environment.

    In ~/project, through a tunnel; Ctrl-C ends the tunnel and leaves JupyterLab running.
    """
    from gpuinfra.cli import commands_web as commands

    if stop:
        found = commands.stop_jupyter(stack)
        return result("stopped" if found["stopped"] else "it was not running", found, as_json)
    commands.jupyter(
        stack,
        port=port,
        open_browser=browser,
        on_ready=lambda found: result(str(found["url"]), found, as_json),
    )


def forward(
    ports: Annotated[str, typer.Argument(metavar="LOCAL:REMOTE", help="Two ports, or one for both.")],
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Carry a port of the host to this machine.

    Until Ctrl-C. TensorBoard: gpuinfra forward 6006:6006
    """
    from gpuinfra.cli import commands_web as commands

    commands.forward(stack, ports)
