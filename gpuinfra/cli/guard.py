"""The guard that ends an unused host: `gpuinfra guard ...`."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE

if TYPE_CHECKING:
    from gpuinfra.features.guard.guard import GuardStatus

Time = Annotated[str, typer.Argument(metavar="TIME", help="Such as 30m, 2h, 1d.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(
        help="What ends the host when nobody uses it.",
        no_args_is_help=True,
        epilog=examples("guard status", "guard extend 2h", "guard off --for 8h", "guard on"),
    )
    for command in (status, extend, off, on):
        group.command()(command)
    app.add_typer(group, name="guard")


def status(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what holds the host, when it stops, and what the guard has decided.

    The limits are `guard` in terraform.tfvars; `gpuinfra up` brings a change to a running host.
    """
    from gpuinfra.features.guard import guard

    _show(guard.status(factory.world(stack, os.environ)), as_json)


def extend(time: Time, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Keep the host on for that long, used or not, also beyond max_hours."""
    from gpuinfra.features.guard import guard

    _show(guard.extend(factory.world(stack, os.environ), time), as_json)


def off(
    time: Annotated[
        str, typer.Option("--for", metavar="TIME", help="Then it is on again; default: until `guard on`.")
    ] = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Switch the guard off: nothing on the host ends it then."""
    from gpuinfra.features.guard import guard

    _show(guard.off(factory.world(stack, os.environ), time), as_json)


def on(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Switch the guard on again, and start it where it does not run."""
    from gpuinfra.features.guard import guard

    _show(guard.on(factory.world(stack, os.environ)), as_json)


def _show(told: "GuardStatus", as_json: bool) -> None:
    result(told.text(datetime.now(HERE)), told.values, as_json)
