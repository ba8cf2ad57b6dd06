"""Whether a host could be had: `gpuinfra doctor`."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import doctor as parts
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.doctor.finding import Diagnosis


def add_to(app: typer.Typer) -> None:
    """Add this command to the command line."""
    lines = ("doctor", "doctor --type p5.48xlarge --region us-east-2", "doctor --json")
    app.command(epilog=examples(*lines))(doctor)


def doctor(
    stack: Stack = DEFAULT_STACK,
    region: Annotated[str, typer.Option(metavar="NAME", help="Instead of that of terraform.tfvars.")] = "",
    instance_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Instead of that of terraform.tfvars.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Look for all that would be in the way of a host, before one is made. Changes nothing."""
    from gpuinfra.features.doctor import doctor

    it = parts.situation(stack, os.environ, region=region, instance_type=instance_type)
    _show(doctor.examine(it, parts.reporter()), as_json)


def _show(found: "Diagnosis", as_json: bool) -> None:
    result(found.text(), found.plain(), as_json)
    if found.exit_code:
        raise typer.Exit(found.exit_code)
