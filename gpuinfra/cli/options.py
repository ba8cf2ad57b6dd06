"""What the commands of the command line share: common options, and the one place that prints results."""

from typing import Annotated, Any

import typer

Stack = Annotated[
    str, typer.Option("--stack", "-s", envvar="GPUINFRA_STACK", metavar="NAME", help="Which host.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def result(text: str, value: Any, as_json: bool) -> None:
    """Print what a command returns: the one place that chooses between text and JSON."""
    from gpuinfra.tools.terminal import terminal

    if as_json:
        terminal.emit_json(value)
    elif text:
        terminal.emit(text)
