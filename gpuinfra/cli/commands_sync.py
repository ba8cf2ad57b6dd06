"""sync and clone: one function per command, as in commands.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.ground.errors import ConfigError, Interrupted

if TYPE_CHECKING:
    from gpuinfra.ground.work_protocols import SyncRequest, SyncResult


def sync(
    stack: str, path: Path | None, *, up: bool, dry_run: bool, delete: bool, compress: bool, listed: bool
) -> SyncResult:
    """Sync once."""
    from gpuinfra.features.sync.rsync import Rsync
    from gpuinfra.features.sync.rsync_args import STOPPED
    from gpuinfra.features.sync.sync import sync as action

    order = _order(path, up=up, dry_run=dry_run, delete=delete, compress=compress, listed=listed or dry_run)
    try:
        return action(factory.world(stack, os.environ), Rsync(os.environ), order)
    except KeyboardInterrupt:
        raise Interrupted(STOPPED) from None


def sync_text(moved: SyncResult) -> str:
    """Return a sync as lines; a dry run names each path."""
    from gpuinfra.features.sync.rsync_args import summary

    names = [*moved.sent_names, *(f"delete {name}" for name in moved.deleted_names)] if moved.dry_run else []
    return "\n".join([*names, summary(vars(moved), dry_run=moved.dry_run)])


def watch(stack: str, *, delete: bool, compress: bool) -> None:
    """Sync up at every change, until Ctrl-C."""
    from gpuinfra.features.sync.rsync import Rsync
    from gpuinfra.features.sync.sync import watch as action
    from gpuinfra.features.sync.watcher import WatchfilesWatcher

    order = _order(None, up=True, dry_run=False, delete=delete, compress=compress, listed=False)
    try:
        action(factory.world(stack, os.environ), Rsync(os.environ), WatchfilesWatcher(), order)
    except KeyboardInterrupt:
        raise Interrupted("stopped watching; the host has what was last told") from None


def _order(
    path: Path | None, *, up: bool, dry_run: bool, delete: bool, compress: bool, listed: bool
) -> SyncRequest:
    from gpuinfra.features.sync.sync import locate
    from gpuinfra.ground.work_protocols import SyncRequest

    root, part = locate(path, start=Path.cwd(), home=Path.home())
    return SyncRequest(
        up=up,
        root=root,
        part=part,
        dry_run=dry_run,
        delete=delete,
        compress=compress,
        listed=listed,
    )


def clone(stack: str, url: str, *, into: str, with_token: bool) -> str:
    """Clone a repository onto the host; return its directory there."""
    from gpuinfra.features.sync import clone as action
    from gpuinfra.tools.ssh.agent import SshAgent

    source = action.parse(url)
    token = _token(source.server) if with_token else ""
    world = factory.world(stack, os.environ)
    return action.clone(world, SshAgent(), source=source, into=into, token=token)


def _token(server: str) -> str:
    """Return a token from stdin: typed unseen at a terminal, else its first line.

    Raises:
        ConfigError: there is none.
    """
    import getpass
    import sys

    asked = f"token for {server} (not shown, not kept): "
    token = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()
    if not token.strip() or not token.strip().isprintable():
        raise ConfigError("there is no token on stdin", hint="gh auth token | gpuinfra clone --token URL")
    return token.strip()
