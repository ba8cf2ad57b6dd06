"""What the commands share: common options, and how a command ends: with a result, or as another program."""

from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from gpuinfra.cli import complete
from gpuinfra.ground.names import DEFAULT_STACK


class ChosenStack:
    """The stack that the command is about, for what is said last: the hint of its error."""

    name = DEFAULT_STACK


def _chosen(name: str) -> str:
    ChosenStack.name = name
    return name


Stack = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        envvar="GPUINFRA_STACK",
        metavar="NAME",
        help="Which host.",
        autocompletion=complete.stacks,
        callback=_chosen,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Force = Annotated[bool, typer.Option("--force", help="Also a host that is protected against termination.")]
NoSync = Annotated[
    bool, typer.Option("--no-sync", help="Use what is there; do not send what changed here first.")
]
Cidr = Annotated[str, typer.Option(metavar="CIDR", help="The address to let in; default: your own.")]
LocalPort = Annotated[
    int,
    typer.Option(
        min=0,
        max=65535,
        envvar="GPUINFRA_PORT",
        help="On this machine; default: the first free one from 8888 on.",
    ),
]
Browser = Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")]
OURS_FIRST = {"allow_interspersed_args": False}  # what follows the first word of a command is its own


def result(text: str, value: Any, as_json: bool) -> None:
    """Print what a command returns: the one place that chooses between text and JSON."""
    from gpuinfra.tools.terminal import output

    if as_json:
        output.emit_json(value)
    elif text:
        output.emit(text)


def become(argv: Sequence[str]) -> NoReturn:
    """Let another program take this process's place, so that its exit code is ours."""
    from gpuinfra.tools import process

    process.become(argv)
