"""The command that rehearses the end of a spot host."""

import os
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add it to the command line."""
    app.command(epilog=examples("drill", "drill --notice 60"))(drill)


def drill(
    notice: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long before the end; EC2 gives 120.")
    ] = 120.0,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Rehearse a spot interruption: time on_stop and the saves; nothing ends.

    on_stop runs for real, with GPUINFRA_DRILL=1; each running job runs its --save and goes on. On any host.
    """
    from gpuinfra.features.spot import drill

    found = drill.drill(factory.world(stack, os.environ), notice_s=notice)
    result(found.text(), found.plain(), as_json)
