"""sync: the project between this machine and the host; clone: a repository onto it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.factory import host_parts
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.sync.result import SyncResult

group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)

Part = Annotated[Path | None, typer.Argument(help="A file or folder of the project; default: all of it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Only tell what would be done.")]
Delete = Annotated[
    bool, typer.Option("--delete", help="Delete on the other side, too, what only that side has.")
]
Keep = Annotated[
    str, typer.Option(metavar="here|host", help="Whose version wins where both changed; else both are kept.")
]
Join = Annotated[
    bool, typer.Option("--join", help="Take a folder on the host that has files of others, and merge.")
]
Compress = Annotated[bool, typer.Option("--compress", "-z", help="For slow networks.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(group, name="sync")
    app.command()(clone)


@group.callback()
def both(
    context: typer.Context,
    stack: Stack = DEFAULT_STACK,
    dry_run: DryRun = False,
    keep: Keep = "",
    join: Join = False,
    compress: Compress = False,
    as_json: Json = False,
) -> None:
    """Bring the project here and on the host to the same state.

    Both ways: what changed on one side goes to the other; what changed on both is told, and both versions
    are kept.
    """
    if context.invoked_subcommand is None:
        _sync(None, "both", stack, as_json, dry_run=dry_run, keep=keep, join=join, compress=compress)


@group.command()
def up(
    path: Part = None,
    stack: Stack = DEFAULT_STACK,
    dry_run: DryRun = False,
    delete: Delete = False,
    keep: Keep = "",
    join: Join = False,
    compress: Compress = False,
    as_json: Json = False,
) -> None:
    """Send what changed here to the project's folder on the host.

    What .gitignore and .gpuinfraignore name stays here; what changed on the host stays there, and is told.
    """
    options = {"dry_run": dry_run, "delete": delete, "keep": keep, "join": join, "compress": compress}
    _sync(path, "up", stack, as_json, **options)


@group.command()
def down(
    path: Part = None,
    stack: Stack = DEFAULT_STACK,
    dry_run: DryRun = False,
    delete: Delete = False,
    keep: Keep = "",
    compress: Compress = False,
    as_json: Json = False,
) -> None:
    """Fetch what changed on the host into this folder.

    What is ignored stays there, but a PATH that you name comes; what changed here stays, and is told.
    """
    options = {"dry_run": dry_run, "delete": delete, "keep": keep, "compress": compress}
    _sync(path, "down", stack, as_json, **options)


@group.command()
def watch(
    stack: Stack = DEFAULT_STACK,
    pull: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Bring this back, every 5 s; repeatable."),
    ] = None,
    delete: Delete = False,
    compress: Compress = False,
) -> None:
    """Send what changes here, now and at every change, until Ctrl-C."""
    from gpuinfra.features.sync import sync

    request = sync.request(None, "up", delete=delete, compress=compress)
    parts = [sync.request(path, "down").part for path in pull or []]
    world = factory.world(stack, os.environ)
    sync.watch(world, host_parts.rsync(world, os.environ), host_parts.watcher(), request, parts)


def _sync(path: Path | None, mode: str, stack: str, as_json: bool, **options: Any) -> None:
    """Sync, print what was done, and end as what was not done asks for."""
    from gpuinfra.features.sync import sync

    request = sync.request(path, mode, **options)
    world = factory.world(stack, os.environ)
    _end(sync.sync(world, host_parts.rsync(world, os.environ), request), as_json)


def _end(synced: SyncResult, as_json: bool) -> None:
    """Print what was done; what was not done, and should have been, is an error."""
    result(synced.text(), vars(synced), as_json)
    synced.check()


def clone(
    url: Annotated[str, typer.Argument(help="https://..., ssh://... or git@server:path.")],
    stack: Stack = DEFAULT_STACK,
    into: Annotated[str, typer.Option(metavar="DIR", help="Below its home; default: PROJECT/NAME.")] = "",
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
    directory = clone.clone(world, host_parts.agent(), url, into=into, with_token=token)
    result(f"~/{directory}", {"directory": directory}, as_json)
