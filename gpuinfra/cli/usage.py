"""How much the host is used: `top` now, `usage` over a time that has passed."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import money_parts
from gpuinfra.ground.names import DEFAULT_STACK

JobOption = Annotated[str, typer.Option("--job", metavar="JOB", help="While this job ran, by id or name.")]
Since = Annotated[
    str, typer.Option(metavar="TIME", help="The last 90m, 2h, 7d; default: 24h, 30 days at most.")
]
Svg = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it into this file, too.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(top)
    app.command()(usage)


def top(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what the host does now: GPUs, CPU, network, jobs, money.

    Live until Ctrl-C at a terminal; elsewhere, or with --json, once.
    """
    from gpuinfra.features.usage import top

    world = factory.world(stack, os.environ)
    if screen := None if as_json else money_parts.screen():
        top.watch(world, screen, money_parts.money_so_far(world).text)
    else:
        look = top.look(world, money_parts.money_so_far(world).text)
        result(look.text, look.values, as_json)


def usage(
    job: JobOption = "",
    since: Since = "",
    svg: Svg = None,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Show how the host was used: averages, peaks, and what follows from them."""
    from gpuinfra.features.usage import usage as used

    world = factory.world(stack, os.environ)
    found = used.usage(world, money_parts.money_so_far(world).usd_h, job=job, since=since, svg=svg)
    result(found.text(money_parts.bars()), found.plain(), as_json)
