"""Moving the project between this machine and the host."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import reconnect
from gpuinfra.features.sync.rsync_args import STOPPED, summary
from gpuinfra.ground.errors import ConfigError, HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

MARKS = (".gpuinfraignore", ".git")


@dataclass(frozen=True, kw_only=True)
class SyncRequest:
    """One sync: `up` or down, of the folder `root` and in it of `part` (empty: all)."""

    up: bool
    root: Path
    part: str = ""
    dry_run: bool = False
    delete: bool = False
    compress: bool = False
    listed: bool = False
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """What a sync did, or would do; the names only when they were asked for.

    files: whose content was sent; created: those of them that are new, and new folders and links.
    """

    files: int
    size_bytes: int
    deleted: int
    sent_bytes: int
    received_bytes: int
    dry_run: bool
    created: int = 0
    sent_names: tuple[str, ...] = ()
    deleted_names: tuple[str, ...] = ()

    def text(self) -> str:
        """Return it as lines; a dry run names each path."""
        names = [*self.sent_names, *(f"delete {name}" for name in self.deleted_names)] if self.dry_run else []
        return "\n".join([*names, summary(vars(self), dry_run=self.dry_run)])


class RsyncTransfer(Protocol):
    """rsync."""

    def run(self, host: Host, request: SyncRequest) -> SyncResult:
        """Sync; raises Unreachable when the connection fails, HostError or ConfigError for the rest."""


class FileWatcher(Protocol):
    """Looks at a folder."""

    def changes(self, root: Path) -> Iterator[int]:
        """Yield 0 as soon as it watches, then how many files have changed each time; ends never."""


def request(
    path: Path | None,
    *,
    up: bool,
    dry_run: bool = False,
    delete: bool = False,
    compress: bool = False,
    listed: bool = False,
) -> SyncRequest:
    """Return the sync of a path of the project around the current folder; a dry run lists the names."""
    root, part = locate(path, start=Path.cwd(), home=Path.home())
    return SyncRequest(
        up=up,
        root=root,
        part=part,
        dry_run=dry_run,
        delete=delete,
        compress=compress,
        listed=listed or dry_run,
    )


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


def sync(world: World, rsync: RsyncTransfer, request: SyncRequest) -> SyncResult:
    """Carry out one sync.

    Raises:
        ConfigError: there is nothing of that name here (up).
        HostError: the host cannot be reached, or there is nothing of that name there (down).
        Interrupted: Ctrl-C; what has arrived is kept.
    """
    local = request.root / request.part
    if request.up and not local.exists():
        raise ConfigError(f"{local} does not exist")
    try:
        result = rsync.run(connect(world), request)
    except KeyboardInterrupt:
        raise Interrupted(STOPPED) from None
    if not request.up and not local.exists() and not (result.dry_run and result.files):
        hint = command("sync down --dry-run", world.files.name)
        raise HostError(f"the host's project has no {request.part}", hint=hint)
    return result


def watch(world: World, rsync: RsyncTransfer, watcher: FileWatcher, request: SyncRequest) -> None:
    """Sync up, then again at every change, for ever; a host that restarts is waited for.

    Raises:
        Interrupted: Ctrl-C.
    """
    try:
        _watch(world, rsync, watcher, request)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("stopped watching; the host has what was last told") from None


def _watch(world: World, rsync: RsyncTransfer, watcher: FileWatcher, request: SyncRequest) -> None:
    quiet = dataclasses.replace(request, quiet=True)
    for count in watcher.changes(request.root):
        if not count:  # it watches: nothing that is written from now on is missed
            first = summary(vars(sync(world, rsync, request)), dry_run=False)
            world.reporter.say(f"{first}; watching {request.root} (Ctrl-C ends it)")
            continue
        result = _until_done(world, rsync, quiet)
        if result.files or result.deleted or result.created:
            world.reporter.say(summary(vars(result), dry_run=False))


def _until_done(world: World, rsync: RsyncTransfer, request: SyncRequest) -> SyncResult:
    while True:
        host = reconnect(world)
        try:
            return rsync.run(host, request)
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
