"""Changes that lose nothing: what is taken away is looked at, and put back if it is not what the scan saw.

What came waits in stage/, what was taken away in gone/ until the next sync: a program that held it open may
have written to it. The journal says what each old file should be; after a crash what is not that is put back.
"""

from __future__ import annotations

import os

from gpuinfra.host.sync import rename
from gpuinfra.host.sync.records import differs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gpuinfra.host.sync.records import Records
    from gpuinfra.host.sync.scan import Scan
    from gpuinfra.host.sync.stage import Journal, Stage

GONE = "gone"
CHANGED = "changed meanwhile; the next sync looks again"
UNREAD = "changed while it was read; the next sync takes it"
PASSING = {CHANGED, UNREAD}


class Placer:
    """Carries out one side's changes; `new` has the records of what is there now, `away` what is gone."""

    def __init__(self, scan: Scan, state: str, stage: Stage, entries: Journal, *, is_host: bool) -> None:
        self._numbers = {path: number for number, path, _, _ in entries}
        self._swapped = {path for _, path, _, inode in entries if inode}
        self.new: Records = {}
        self.away: set[str] = set()
        self._scan, self._stage, self._state, self._is_host = scan, stage, state, is_host
        self._whole: set[str] = set()
        self._fds: dict[str, int] = {}

    def run(self, work: Mapping[str, Any]) -> dict[str, str]:
        """Take away from the deepest on, then folders, links and files; return what failed, and why."""
        failed: dict[str, str] = {}
        self._gone_fd = os.open(f"{self._state}/{GONE}", os.O_RDONLY)
        self._stage_fd = os.open(self._stage.root, os.O_RDONLY)
        steps = [(self._take_away, path) for path in work["away"]]
        steps += [(self._make_folder, path) for path in work["folders"]]
        links = work["links"]
        steps += [(lambda path: self._make_link(path, links[path]), path) for path in links]
        steps += [(self._put, path) for path in work["puts"]]
        for step, path in steps:
            try:
                step(path)
            except OSError as error:
                failed[path] = error.strerror or str(error)
        for fd in [*self._fds.values(), self._gone_fd, self._stage_fd]:
            os.close(fd)
        return failed

    def _folder(self, rel: str) -> int:
        """Return a handle of a folder, reached without following any link."""
        if rel not in self._fds:
            if not rel:
                self._fds[rel] = os.open(self._scan.root, os.O_RDONLY | os.O_DIRECTORY)
            else:
                up, _, name = rel.rpartition("/")
                above = self._folder(up)
                self._fds[rel] = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        return self._fds[rel]

    def _take_away(self, path: str) -> None:
        up, _, name = path.rpartition("/")
        here, old = self._folder(up), self._scan.now.get(path)
        if old is None:
            raise OSError(0, "it was not looked at")
        if old[0] == "d":
            self._remove_folder(path, name, here)
        else:
            number = self._numbers[path]
            rename.put(name, number, old_fd=here, new_fd=self._gone_fd)
            if differs(number, old, self._gone_fd):
                rename.put(number, name, old_fd=self._gone_fd, new_fd=here)
                raise OSError(0, CHANGED)
        self.away.add(path)

    def _remove_folder(self, path: str, name: str, here: int) -> None:
        if path in self._fds:
            os.close(self._fds.pop(path))
        try:
            os.rmdir(name, dir_fd=here)
        except OSError:  # what is ignored keeps it
            if any(f"{path}/{n}" not in self._scan.hidden for n in os.listdir(f"{self._scan.root}/{path}")):
                raise

    def _make_folder(self, path: str) -> None:
        up, _, name = path.rpartition("/")
        if not (self._is_host and self._moved_whole(path, name, self._folder(up))):
            _make(name, self._folder(up))
            self._folder(path)  # a folder, or an error
        self.new[path] = ["d"]

    def _moved_whole(self, path: str, name: str, here: int) -> bool:
        """Place a new folder with all that came for it in one step: what the laptop sent can be trusted."""
        try:
            rename.put(path, name, old_fd=self._stage_fd, new_fd=here)
        except OSError:
            return False
        self._whole.add(path)
        return True

    def _make_link(self, path: str, target: str) -> None:
        up, _, name = path.rpartition("/")
        os.symlink(target, name, dir_fd=self._folder(up))
        self.new[path] = ["l", target]

    def _put(self, path: str) -> None:
        if path not in self._stage.got:
            raise OSError(0, UNREAD)
        if not self._is_in_whole(path):
            up, _, name = path.rpartition("/")
            if path in self._swapped:
                self._replace(path, name, self._folder(up))
            else:
                rename.put(path, name, old_fd=self._stage_fd, new_fd=self._folder(up))
        self.new[path] = self._stage.got[path]

    def _replace(self, path: str, name: str, here: int) -> None:
        rename.swap(path, name, one_fd=self._stage_fd, two_fd=here)
        if differs(path, self._scan.now[path], self._stage_fd):
            rename.swap(path, name, one_fd=self._stage_fd, two_fd=here)
            raise OSError(0, CHANGED)
        rename.put(path, self._numbers[path], old_fd=self._stage_fd, new_fd=self._gone_fd)

    def _is_in_whole(self, path: str) -> bool:
        while path and self._whole:
            path = path.rpartition("/")[0]
            if path in self._whole:
                return True
        return False


def recover(root: str, state: str, entries: Journal) -> list[str]:
    """Put right what a crash, or a program that held an old file open, left; return where that is now.

    Nothing but known old versions is dropped.
    """
    told = []
    known = {number: (path, old) for number, path, old, _ in entries}
    for _, path, old, inode in entries:
        full = f"{state}/stage/{path}"
        if inode and os.path.lexists(full) and os.lstat(full).st_ino != inode:  # swapped, not yet moved on
            if differs(full, old):
                told.append(_put_back(root, full, path))
            else:
                os.unlink(full)
    for number in os.listdir(f"{state}/{GONE}"):
        full = f"{state}/{GONE}/{number}"
        path, old = known.get(number, ("rescued", None))
        if old is None or differs(full, old):
            told.append(_put_back(root, full, path))
        else:
            os.unlink(full)
    return told


def _put_back(root: str, full: str, path: str) -> str:
    """Move a file to its path, or beside what is there; return where."""
    wanted = [path] + [f"{path}.conflict-{os.uname().nodename}-{number}" for number in range(1, 100)]
    wanted += [name.replace("/", "_") for name in wanted]
    for name in wanted:
        try:
            os.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)
            rename.put(full, f"{root}/{name}", old_fd=rename.HERE, new_fd=rename.HERE)
            return name
        except OSError:
            continue
    raise OSError(0, f"{full} is not what was expected, and has no place in {root}")


def _make(name: str, fd: int) -> None:
    try:
        os.mkdir(name, dir_fd=fd)
    except FileExistsError:
        pass
