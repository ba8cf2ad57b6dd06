"""What is in a folder, and what differs from what both sides had at the last sync."""

from __future__ import annotations

import os
import stat
import time

from gpuinfra.host.sync.records import (
    IGNORE_FILES,
    NEVER,
    SMALL,
    ancestors,
    digest,
    file_record,
    is_same,
    leads_out,
    read_lines,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuinfra.host.sync.ignored import Matcher
    from gpuinfra.host.sync.records import Record, Records

# A file younger than this may change again within one tick of the clock: its time proves nothing.
RACY_NS, RACY_WHOLE_SECONDS_NS = 50_000_000, 2_100_000_000


class Scan:
    """One look at a folder: `now` what is there, `diff` what differs (None: gone); `lines`: ignore files."""

    def __init__(
        self,
        root: str,
        old: Records,
        *,
        part: str = "",
        excluded: Iterable[str] = (),
        given: Mapping[str, list[str]] | None = None,
        is_host: bool = False,
    ) -> None:
        """Look; `given` are the other side's lines, which count here, too; `part`: at this path alone."""
        self.began = time.time_ns()
        self.root, self.old, self.part, self._is_host = root, old, part, is_host
        self.now: Records = {}
        self.diff: dict[str, Record | None] = {}
        self.touched: Records = {}
        self.lines: dict[str, list[str]] = {}
        self.hidden: set[str] = set()
        self._excluded, self._given = list(excluded), given or {}
        self._rules: dict[str, list[tuple[int, Matcher]]] = {}
        self._way = {*ancestors(part), *([part] if part else [])}
        self._device = os.lstat(root).st_dev
        self._walk("", root, [])
        for path in old.keys() - self.now.keys():
            if (not part or path == part or path.startswith(f"{part}/")) and not self._is_hidden(path):
                self.diff[path] = None

    def certain(self, rec: Record) -> Record:
        """Return the record; a file that may change again without a trace gets a time that never matches."""
        if rec[0] != "f" or not self.is_racy(rec):
            return rec
        return [*rec[:2], -1, *rec[3:]]

    def is_racy(self, rec: Record) -> bool:
        """Tell whether a file was written so shortly before the look that its time proves nothing."""
        young = RACY_NS if rec[2] % 10**9 else RACY_WHOLE_SECONDS_NS
        return bool(rec[2] > self.began - young)

    def hashes(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the hashes of files; one that is gone has none."""
        for path in paths:
            if (rec := self.now.get(path)) and rec[0] == "f" and not rec[5]:
                rec[5] = digest(f"{self.root}/{path}")
        return {path: self.now[path][5] for path in paths if path in self.now and self.now[path][0] == "f"}

    def _walk(self, rel: str, full: str, rules: list[tuple[int, Matcher]]) -> bool:
        """Look through a folder; False: nothing but ignored files is in it."""
        with os.scandir(full) as found:
            entries = list(found)
        names = {entry.name for entry in entries}
        if self._is_host and rel and ".git" in names and rel not in self.old:
            self.hidden.add(rel)  # a repository that `clone` put there
            return False
        rules = self._rules[rel] = self._with_own_rules(rel, full, names, rules)
        prefix, kept = f"{rel}/" if rel else "", not entries
        for entry in entries:
            kept |= self._enter(entry, prefix + entry.name, rules)
        return kept

    def _enter(self, entry: os.DirEntry[str], path: str, rules: list[tuple[int, Matcher]]) -> bool:
        """Record what an entry of a folder is; False: it does not count."""
        on_way, was = path in self._way, self.old.get(path)
        if self.part and not on_way and not path.startswith(f"{self.part}/"):
            return True
        try:
            folder = entry.is_dir(follow_symlinks=False)
            if entry.name in NEVER or (rules and not on_way and _ignored(path, folder, rules)):
                self.hidden.add(path)
                return False
            rec = self._record(entry, path, folder, was)
            if rec is None:
                return False
            self.now[path] = rec  # before what is in it
            if rec[0] == "d" and not self._walk(path, entry.path, rules):
                del self.now[path]
                return False
        except FileNotFoundError:
            self.now.pop(path, None)
            return False
        except OSError as error:
            self.now[path] = rec = ["p", error.strerror]
        if rec is not was and rec != was and path not in self.touched:
            self.diff[path] = rec
        return True

    def _record(self, entry: os.DirEntry[str], path: str, folder: bool, was: Record | None) -> Record | None:
        """Return the record, the old one itself if nothing was touched; None: a socket, a pipe, a device."""
        found = entry.stat(follow_symlinks=False)
        if was and is_same(found, was):  # first: nearly all are
            return was
        if folder:
            return ["d"] if found.st_dev == self._device else ["p", "another disk"]
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(entry.path)
            return ["p", "a link that leads out of the project"] if leads_out(path, target) else ["l", target]
        if not stat.S_ISREG(found.st_mode):
            return None
        rec = file_record(found)
        if was and was[0] == "f" and was[5] and was[1] == rec[1] and rec[1] <= SMALL:
            rec[5] = digest(entry.path)
            if rec[4:] == was[4:]:
                self.touched[path] = rec
        return rec

    def _with_own_rules(
        self, rel: str, full: str, names: set[str], rules: list[tuple[int, Matcher]]
    ) -> list[tuple[int, Matcher]]:
        """Return the rules that hold in a folder: its own first."""
        if rel and rel not in self._given and names.isdisjoint(IGNORE_FILES):
            return rules
        lines = self._given.get(rel)
        if lines is None:
            lines = [*([] if rel else self._excluded), *_lines(full, names)]
        self.lines[rel] = lines
        if not any(lines):
            return rules
        from gpuinfra.host.sync.ignored import matcher  # re: 7 ms

        start = len(rel) + 1 if rel else 0
        named = self.part[start:] if self.part.startswith(f"{rel}/") or not rel else ""
        ask = matcher(lines, named=named)
        return [(start, ask), *rules] if ask else rules

    def _is_hidden(self, path: str) -> bool:
        """Tell whether what is not there (any more) would be ignored."""
        if not path or path in self._way:
            return False
        up = path.rpartition("/")[0]
        if path in self.hidden or self._is_hidden(up):
            return True
        while up not in self._rules:
            up = up.rpartition("/")[0]
        # above a part that was synced alone are folders of which nothing is known
        return _ignored(path, self.old.get(path, ["d"])[0] == "d", self._rules[up])


def _ignored(path: str, folder: bool, rules: list[tuple[int, Matcher]]) -> bool:
    asked = f"{path}/" if folder else path
    for start, ask in rules:
        said = ask(asked[start:])
        if said is not None:
            return said
    return False


def _lines(full: str, names: set[str]) -> list[str]:
    lines: list[str] = []
    for name in IGNORE_FILES:
        if name in names:
            lines += read_lines(f"{full}/{name}")
    return lines
