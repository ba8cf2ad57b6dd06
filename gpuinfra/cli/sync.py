"""sync: the project between this machine and the host; clone: a repository onto it."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Move the project by rsync.")

Part = Annotated[Path | None, typer.Argument(help="A file or folder of the project; default: all of it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Only tell what would be done.")]
Delete = Annotated[bool, typer.Option("--delete", help="Delete over there what is not here (any more).")]
Compress = Annotated[bool, typer.Option("--compress", "-z", help="For slow networks.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(group, name="sync")
    app.command()(clone)


@group.command()
def up(
    path: Part = None,
    stack: Stack = DEFAULT_STACK,
    dry_run: DryRun = False,
    delete: Delete = False,
    compress: Compress = False,
    as_json: Json = False,
) -> None:
    """Send this folder to ~/project on the host.

    What .gitignore and .gpuinfraignore name stays here.
    """
    from gpuinfra.features.sync import sync

    request = sync.request(path, up=True, dry_run=dry_run, delete=delete, compress=compress, listed=as_json)
    world = factory.world(stack, os.environ)
    synced = sync.sync(world, factory.rsync(world, os.environ), request)
    result(synced.text(), synced, as_json)


@group.command()
def down(
    path: Part = None,
    stack: Stack = DEFAULT_STACK,
    dry_run: DryRun = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete here what is not on the host.")] = False,
    compress: Compress = False,
    as_json: Json = False,
) -> None:
    """Fetch ~/project of the host into this folder.

    What is ignored stays there, but a PATH that you name comes.
    """
    from gpuinfra.features.sync import sync

    request = sync.request(path, up=False, dry_run=dry_run, delete=delete, compress=compress, listed=as_json)
    world = factory.world(stack, os.environ)
    synced = sync.sync(world, factory.rsync(world, os.environ), request)
    result(synced.text(), synced, as_json)


@group.command()
def watch(stack: Stack = DEFAULT_STACK, delete: Delete = False, compress: Compress = False) -> None:
    """Send now and at every change, until Ctrl-C."""
    from gpuinfra.features.sync import sync

    request = sync.request(None, up=True, delete=delete, compress=compress)
    world = factory.world(stack, os.environ)
    sync.watch(world, factory.rsync(world, os.environ), factory.watcher(), request)


def clone(
    url: Annotated[str, typer.Argument(help="https://..., ssh://... or git@server:path.")],
    stack: Stack = DEFAULT_STACK,
    into: Annotated[str, typer.Option(metavar="DIR", help="Below its home; default: project/NAME.")] = "",
    token: Annotated[
        bool, typer.Option("--token", help="Read a token for this one clone from stdin.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Clone a git repository onto the host.

    Your ssh agent or a token lets it in; neither is stored there.
    """
    from gpuinfra.features.sync import clone

    world = factory.world(stack, os.environ)
    directory = clone.clone(world, factory.agent(), url, into=into, with_token=token)
    result(f"~/{directory}", {"directory": directory}, as_json)
