"""What stacks have left at AWS: `gpuinfra leaks`."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, result
from gpuinfra.factory import money_parts
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE

if TYPE_CHECKING:
    from gpuinfra.features.leaks.leak import Leaks
    from gpuinfra.ground.world import World


def add_to(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog=examples("leaks", "leaks --region eu-west-1", "leaks --delete"))(leaks)


def leaks(
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this region; may be said again.")
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Ask for each thing whether to delete it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find what costs money in no stack's record. All regions, by tags, with its price."""
    from gpuinfra.features.leaks import find

    world = factory.world(DEFAULT_STACK, os.environ)
    found = find.find(world, factory.worlds(os.environ), money_parts.tag_search(), only=region or ())
    _show(world, found, delete=delete, as_json=as_json)


def _show(world: "World", found: "Leaks", *, delete: bool, as_json: bool) -> None:
    from gpuinfra.features.leaks import find, leaks_text

    text = leaks_text.text(found, datetime.now(HERE))
    if delete and as_json:  # the result is what was deleted
        world.reporter.say(text)
    else:
        result(text, found.plain(), as_json)
    if delete:
        deleted = find.delete(world, found, home=factory.default_region())
        result("", [it.plain() for it in deleted], as_json)
    else:
        find.advice(world, found)
