"""The commands about environment.yml: `gpuinfra env ...`."""

import os
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import host_parts
from gpuinfra.ground.names import DEFAULT_STACK

Cuda = Annotated[str, typer.Option(metavar="VERSION", help="CUDA of the host, or none; default: its own.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    env = typer.Typer(help="Check, lock and apply environment.yml.", no_args_is_help=True)
    env.command()(check)
    env.command()(lock)
    env.command()(apply)
    app.add_typer(env, name="env")


def check(
    solve: Annotated[bool, typer.Option("--solve", help="Ask the channels what the host would get.")] = False,
    cuda: Cuda = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List what is wrong with environment.yml; offline, unless --solve is given."""
    from gpuinfra.features.environment import check

    world = factory.world(stack, os.environ)
    checked = check.check(
        world,
        host_parts.project_files(world, os.environ),
        host_parts.solver(os.environ) if solve else None,
        cuda=cuda,
    )
    result(checked.text(), checked.plain(), as_json)
    checked.refuse()


def lock(cuda: Cuda = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Write environment.lock: every package of the host, exact and hashed."""
    from gpuinfra.features.environment import lock

    world = factory.world(stack, os.environ)
    locked = lock.lock(
        world, host_parts.project_files(world, os.environ), host_parts.solver(os.environ), cuda=cuda
    )
    result(str(locked.path), locked.plain(), as_json)


def apply(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Bring an edited environment.yml to the host. Built beside the old one, proven, then used."""
    from gpuinfra.features.lifecycle import env_apply

    applied = env_apply.env_apply(factory.world(stack, os.environ))
    result(applied.environment, applied.plain(), as_json)
