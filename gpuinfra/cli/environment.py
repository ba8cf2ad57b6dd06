"""The commands about environment.yml, as in cli.py: `gpuinfra env ...`."""

from typing import Annotated

import typer

from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK

Cuda = Annotated[
    str, typer.Option(metavar="VERSION", help="CUDA of the host, or none; default: what its image has.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    env = typer.Typer(help="Check and lock environment.yml before paying.", no_args_is_help=True)
    env.command()(check)
    env.command()(lock)
    app.add_typer(env, name="env")


def check(
    solve: Annotated[bool, typer.Option("--solve", help="Ask the channels what the host would get.")] = False,
    cuda: Cuda = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List what is wrong with environment.yml; offline, unless --solve is given."""
    from gpuinfra.cli import commands_env

    checked = commands_env.check(stack, solve=solve, cuda=cuda)
    result(commands_env.check_text(checked), commands_env.check_json(checked), as_json)
    if checked.refusal:
        raise checked.refusal


def lock(cuda: Cuda = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Write environment.lock: every package of the host, exact and hashed."""
    from gpuinfra.cli import commands_env

    locked = commands_env.lock(stack, cuda=cuda)
    answer = commands_env.solution_json(locked.solution)
    result(str(locked.path), {"path": str(locked.path), **answer}, as_json)
