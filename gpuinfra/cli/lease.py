"""What the host may cost in all: `gpuinfra lease`, `gpuinfra lease extend`."""

import os
from datetime import datetime
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, Yes, result
from gpuinfra.factory import host_parts
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(help="What the host may cost in all; then AWS stops it.", no_args_is_help=False)
    group.callback(invoke_without_command=True)(show)
    group.command("extend", epilog=examples("lease extend --usd 10", "lease extend --hours 5"))(extend)
    app.add_typer(group, name="lease")


def show(context: typer.Context, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what is spent of the lease, and when AWS stops the host."""
    from gpuinfra.features.lifecycle import lease

    if context.invoked_subcommand:
        return refuse_options_before(context)
    found = lease.lease(factory.world(stack, os.environ))
    result(found.text(datetime.now(HERE)), found.plain(), as_json)


def refuse_options_before(context: typer.Context) -> None:
    """Refuse what would be dropped in silence: options belong to the command that comes last.

    Raises:
        ConfigError: there are some.
    """
    sources = [context.get_parameter_source(name) for name in context.params]
    if any(source and source.name == "COMMANDLINE" for source in sources):
        name = context.invoked_subcommand
        raise ConfigError(f"options of `lease {name}` come after it", hint=f"gpuinfra lease {name} --help")


def extend(
    usd: Annotated[float, typer.Option(metavar="USD", help="So much more, of a lease in dollars.")] = 0.0,
    hours: Annotated[float, typer.Option(metavar="HOURS", help="Of a lease in hours.")] = 0.0,
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Let the host cost, or run, more. Shows the old and the new sum, and asks."""
    from gpuinfra.features.lifecycle import lease

    world = factory.world(stack, os.environ)
    found = lease.extend(world, usd=usd, hours=hours, apply=host_parts.applies(yes=yes))
    result(found.text(datetime.now(HERE)), found.plain(), as_json)
