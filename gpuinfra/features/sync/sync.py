"""Moving the project between this machine and the host."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import reconnect
from gpuinfra.features.sync.first import Notice
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.sync.rsync_args import STOPPED, summary
from gpuinfra.features.sync.terms import Terms
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError, HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

PULL_S = 5.0
NAMED = 3  # files in a line of `sync watch`


@dataclass(frozen=True, kw_only=True)
class SyncRequest:
    """One sync of the folder `root`, in it of `part` (empty: all); mode: both, up or down.

    keep: the side (here, host) that wins where both changed; delete: what only the other side has goes, too;
    most: as in Terms.
    """

    mode: str
    root: Path
    part: str = ""
    dry_run: bool = False
    delete: bool = False
    keep: str = ""
    join: bool = False
    compress: bool = False
    quiet: bool = False
    most: tuple[int, int] | None = None

    @property
    def folder(self) -> str:
        """Return where the project lies on the host, below the home."""
        return locations.host_folder(str(self.root))

    @property
    def terms(self) -> Terms:
        """Return what the two sides need to know of it."""
        return Terms(
            mode=self.mode, part=self.part, keep=self.keep, delete=self.delete, dry_run=self.dry_run,
            join=self.join, most=self.most,
        )  # fmt: skip


class RsyncTransfer(Protocol):
    """rsync."""

    def run(self, host: Host, request: SyncRequest) -> SyncResult:
        """Sync; raises Unreachable when the connection fails, HostError or ConfigError for the rest."""


class FileWatcher(Protocol):
    """Looks at a folder."""

    def changes(self, root: Path, *, every_s: float | None = None) -> Iterator[int]:
        """Yield 0 as soon as it watches, then how many files have changed each time, for ever.

        every_s: so often, too, when nothing has changed (0).
        """


def request(path: Path | None, mode: str, *, here: Path | None = None, **options: Any) -> SyncRequest:
    """Return the sync of a path of the project around a folder, the current one if it is not said."""
    if options.get("keep", "") not in ("", "here", "host"):
        raise ConfigError(f"--keep is {options['keep']!r}; it must be here or host")
    root, part = locate(path, start=here or Path.cwd())
    return SyncRequest(mode=mode, root=root, part=part, **options)


def locate(path: Path | None, *, start: Path) -> tuple[Path, str]:
    """Return the project's folder and the part of it that `path` is (empty: all of it).

    The project is the nearest folder at or above `start` with a .git or a .gpuinfraignore, else `start`.

    Raises:
        ConfigError: the path lies outside of it, or it is the home, above it, or a dot-folder of it.
    """
    root = Path(locations.synced_root(str(start)))
    if locations.is_personal(str(root)):
        raise ConfigError(
            f"{root} is not a project: it is your home, a folder above it, or one in which programs keep"
            " their own files",
            hint="cd into your project; touch .gpuinfraignore there",
        )
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
    if request.mode == "up" and not os.path.lexists(local):
        here = f"{command('sync up --dry-run', world.files.name)}   # what there is to send"
        raise ConfigError(f"{local} does not exist", hint=here)
    host = connect(world)
    try:
        with Notice(world.reporter.say, f"syncing {request.root} ..."):
            result = rsync.run(host, request)
    except KeyboardInterrupt:
        raise Interrupted(STOPPED) from None
    for line in result.told():
        world.reporter.say(line)
    if request.mode == "down" and not os.path.lexists(local) and not (result.names or result.deleted):
        hint = command("sync down --dry-run", world.files.name)
        raise HostError(f"the host's project has no {request.part}", hint=hint)
    return result


def watch(
    world: World, rsync: RsyncTransfer, watcher: FileWatcher, request: SyncRequest, pull: Sequence[str] = ()
) -> None:
    """Sync up, then again at every change, for ever; a host that restarts is waited for.

    pull: folders of the project that are brought back every few seconds.

    Raises:
        Interrupted: Ctrl-C.
    """
    try:
        _watch(world, rsync, watcher, request, pull)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("stopped watching; the host has what was last told") from None


def _watch(
    world: World, rsync: RsyncTransfer, watcher: FileWatcher, request: SyncRequest, pull: Sequence[str]
) -> None:
    quiet = dataclasses.replace(request, quiet=True)
    down = [dataclasses.replace(quiet, mode="down", part=part) for part in pull]
    told: set[str] = set()
    is_first = True
    for count in watcher.changes(request.root, every_s=PULL_S if pull else None):
        if is_first:  # it watches: nothing that is written from now on is missed
            first = sync(world, rsync, request)
            told.update(first.told())
            line = summary(vars(first), dry_run=False)
            world.reporter.say(f"{line}; watching {request.root} (Ctrl-C ends it)")
        for one in [*([quiet] if count else []), *down]:
            _tell(world, _until_done(world, rsync, one), told)
        is_first = False


def _tell(world: World, result: SyncResult, told: set[str]) -> None:
    """Tell what was done; what was not done is told once, not at each change."""
    if result.files or result.deleted or result.created:
        names = [*result.names, *result.deleted_names]
        shown = ", ".join(names[:NAMED]) + (", ..." if names[NAMED:] else "")
        world.reporter.say(f"{datetime.now():%H:%M:%S}  {summary(vars(result), dry_run=False)}: {shown}")
    for line in result.told():
        if line not in told:
            world.reporter.say(line)
        told.add(line)


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
