"""What it costs: prices, cost."""

import os
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import host_parts, money_parts
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(epilog=examples("prices", "prices --min-gpu-memory 24", "prices g5.xlarge g6.xlarge"))(prices)
    app.command(epilog=examples("cost", "cost --json"))(cost)


def prices(
    types: Annotated[list[str], typer.Argument(metavar="[TYPE]...", help="Only these; default: all.")] = [],  # noqa: B006 - typer's default
    gpu: Annotated[str, typer.Option(metavar="NAME", help="Such as A10G, L4 or H100.")] = "",
    min_gpu_memory: Annotated[
        int, typer.Option(metavar="GB", min=0, help="Of one GPU at least, as it is sold.")
    ] = 0,
    region: Annotated[str, typer.Option(help="Default: that of the host, else of your AWS.")] = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Compare GPU types: on demand, spot, and dollars a GPU hour."""
    from gpuinfra.features.money.table import TypeFilter

    wanted = TypeFilter(names=tuple(types), gpu=gpu, min_gpu_memory_gb=min_gpu_memory)
    found = money_parts.type_prices(region, stack, os.environ).table(wanted)
    money_parts.tell(found.notes())
    result(found.text(), found.plain(), as_json)


def cost(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what the host has cost so far, and what it costs from now on."""
    from gpuinfra.features.money import cost

    world = factory.world(stack, os.environ)
    found = cost.cost(world, boots=host_parts.boots(world))
    result(found.text(), found.plain(), as_json)
