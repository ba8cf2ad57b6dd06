"""The command that tells what happened to the host."""

import os
from datetime import datetime
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE


def add_to(app: typer.Typer) -> None:
    """Add it to the command line."""
    app.command()(events)


def events(
    stack: Stack = DEFAULT_STACK,
    since: Annotated[str, typer.Option(help="A time ago (30m, 2h, 3d), or 2026-11-29T20:15.")] = "",
    as_json: Json = False,
) -> None:
    """Tell what happened to the host: when, by whom and why. Also after it is gone."""
    from gpuinfra.features.events.events import history

    now = datetime.now(HERE)
    found = history(factory.world(stack, os.environ), since=since, now=now)
    result(found.text(now), found.plain(), as_json)
