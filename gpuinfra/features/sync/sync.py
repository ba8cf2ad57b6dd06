"""Moving the project between this machine and the host."""

import dataclasses
from pathlib import Path

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import reconnect
from gpuinfra.features.sync.rsync_args import summary
from gpuinfra.ground.errors import ConfigError, HostError, Unreachable
from gpuinfra.ground.hints import command
from gpuinfra.ground.protocols import World
from gpuinfra.ground.work_protocols import FileWatcher, RsyncTransfer, SyncRequest, SyncResult

MARKS = (".gpuinfraignore", ".git")


def locate(path: Path | None, *, start: Path, home: Path) -> tuple[Path, str]:
    """Return the project's folder and the part of it that `path` is (empty: all of it).

    The project is the nearest folder at or above `start` with a .git or a .gpuinfraignore, else `start`.

    Raises:
        ConfigError: the path lies outside of it, or it is the home folder or the whole disk.
    """
    above = [start, *start.parents]
    root = next((d for d in above if any((d / mark).exists() for mark in MARKS)), start)
    if root in (home, Path(root.anchor)):
        raise ConfigError(f"{root} is not a project: cd into one (or make it one: touch .gpuinfraignore)")
    full = _normal(start / (path or root))
    if not full.is_relative_to(root):
        raise ConfigError(
            f"{full} is not in the project {root}", hint=f"cd {full if full.is_dir() else full.parent}"
        )
    part = full.relative_to(root).as_posix()
    return root, "" if part == "." else part


def sync(world: World, courier: RsyncTransfer, order: SyncRequest) -> SyncResult:
    """Carry out one sync.

    Raises:
        ConfigError: there is nothing of that name here (up).
        HostError: the host cannot be reached, or there is nothing of that name there (down).
    """
    here = order.root / order.part
    if order.up and not here.exists():
        raise ConfigError(f"{here} does not exist")
    moved = courier.move(world.ssh.argv(connect(world), []), order)
    if not order.up and not here.exists() and not (moved.dry_run and moved.files):
        hint = command("sync down --dry-run", world.files.name)
        raise HostError(f"the host's project has no {order.part}", hint=hint)
    return moved


def watch(world: World, courier: RsyncTransfer, watcher: FileWatcher, order: SyncRequest) -> None:
    """Sync up, then again at every change, for ever; a host that restarts is waited for."""
    quiet = dataclasses.replace(order, quiet=True)
    for count in watcher.changes(order.root):
        if not count:  # it watches: nothing that is written from now on is missed
            told = sync(world, courier, order)
            world.reporter.say(
                f"{summary(vars(told), dry_run=False)}; watching {order.root} (Ctrl-C ends it)"
            )
            continue
        moved = _until_done(world, courier, quiet)
        if moved.files or moved.deleted or moved.created:
            world.reporter.say(summary(vars(moved), dry_run=False))


def _until_done(world: World, courier: RsyncTransfer, order: SyncRequest) -> SyncResult:
    while True:
        host = reconnect(world)
        try:
            return courier.move(world.ssh.argv(host, []), order)
        except Unreachable as error:
            world.reporter.say(error.message)
            world.clock.sleep(1.0)


def _normal(path: Path) -> Path:
    """Return the path without . and .., its symbolic links as they are."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return Path(*parts)
