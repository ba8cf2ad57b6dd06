"""What a sync does, from what differs on each side: mutagen's two-way-safe and one-way-safe. Pure.

At each path, from the root down, the first line that fits decides; A is here, B is the host, O what both had.

| case | both ways | one way, from A to B (and mirrored) |
| --- | --- | --- |
| a problem on either side | left alone, told | same |
| A equals B | O := A; look into the folder | same |
| B has no change at or below | B := A, the whole subtree | B := A |
| A has no change, B has new things | A := B | conflict |
| A has no change, B only deletions | A := B | B := A |
| both only deletions | the rest goes, too | B := A |
| B only deletions, A new things | B := A | B := A |
| A only deletions, B new things | A := B | A is nothing and no folder is meant: B stays; else conflict |
| both new things, not equal | conflict: nothing is touched, both versions stay | conflict |
"""

from __future__ import annotations

from bisect import bisect_left

from gpuinfra.features.sync.content import equal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuinfra.host.sync.records import Record

    Diff = Mapping[str, Record | None]
    Move = tuple[str, Record | None, Record | None]  # path, what is there, what shall be there

BOTH, ALONE = "changed on both sides", ("changed here", "changed on the host")


class Decision:
    """What to change on each side; `agreed` and `dropped` are matters of the manifest alone."""

    def __init__(self) -> None:
        self.to_here: list[Move] = []
        self.to_host: list[Move] = []
        self.agreed: list[str] = []
        self.dropped: list[str] = []
        self.conflicts: dict[str, str] = {}
        self.left_alone: dict[str, str] = {}


def decide(
    old: Mapping[str, Record],
    here: Diff,
    host: Diff,
    *,
    mode: str,
    keep: str = "",
    part: str = "",
    delete: bool = False,
) -> Decision:
    """Decide; mode: both, up or down; `keep` (here, host) decides conflicts; `part` is all that counts.

    delete: one way, what only the other side has is deleted there.
    """
    return _Walk(old, here, host, mode=mode, keep=keep, delete=delete).walk(part)


class _Tree:
    """What a side has; `any`: the paths with a change at or below, `new`: with one that is no deletion."""

    def __init__(self, old: Mapping[str, Record], diff: Diff) -> None:
        self.old, self.diff = old, diff
        self.any: set[str] = set()
        self.new: set[str] = set()
        for path, rec in diff.items():
            self._mark(path, self.any)
            if rec:
                self._mark(path, self.new)

    def get(self, path: str) -> Record | None:
        return self.diff[path] if path in self.diff else self.old.get(path)

    @staticmethod
    def _mark(path: str, into: set[str]) -> None:
        while path not in into:
            into.add(path)
            path = path.rpartition("/")[0]


class _Walk:
    def __init__(
        self, old: Mapping[str, Record], here: Diff, host: Diff, *, mode: str, keep: str, delete: bool
    ) -> None:
        self.mode, self.keep, self.delete, self.old, self.out = mode, keep, delete, old, Decision()
        self.out.left_alone = stuck = {
            p: str(r[1]) for d in (here, host) for p, r in d.items() if r and r[0] == "p"
        }
        if stuck:
            here, host = (
                {p: r for p, r in d.items() if stuck.keys().isdisjoint(_up(p))} for d in (here, host)
            )
        self.here, self.host = _Tree(old, here), _Tree(old, host)
        self.all: list[str] = []
        self.below: dict[str, list[str]] = {}
        for path in self.here.any | self.host.any:
            if path:
                self.below.setdefault(path.rpartition("/")[0], []).append(path)

    def walk(self, start: str) -> Decision:
        todo = [start]
        while todo:
            path = todo.pop()
            if not path or self._agree(path):
                todo += self.below.get(path, ())
            elif self.mode == "both":
                self._both_ways(path)
            else:
                self._one_way(path)
        return self.out

    def _agree(self, path: str) -> bool:
        """Tell whether both sides are equal here, so that what is below counts."""
        is_told = path in self.here.diff or path in self.host.diff
        if is_told and not equal(self.here.get(path), self.host.get(path)):
            return False
        if is_told:
            self._record(path)
        return True

    def _both_ways(self, path: str) -> None:
        here, host = self.here, self.host
        if path not in host.any:
            self._copy(path, up=True)
        elif path not in here.any:
            self._copy(path, up=False)
        elif path not in host.new and path not in here.new:
            self._copy(path, up=here.get(path) is None)
        elif path not in host.new:
            self._copy(path, up=True)
        elif path not in here.new:
            self._copy(path, up=False)
        else:
            self._conflict(path, BOTH)

    def _one_way(self, path: str) -> None:
        up = self.mode == "up"
        source, target = (self.here, self.host) if up else (self.host, self.here)
        was, given, there = self.old.get(path), source.get(path), target.get(path)
        if path not in target.new or (self.delete and given is None):
            self._copy(path, up=up)
        elif given is None and not (was and was[0] == "d" and there and there[0] == "d"):
            self.out.dropped += [p for p in self._subtree(path) if p in self.old]
        else:
            self._conflict(path, BOTH if path in source.any else ALONE[up])

    def _conflict(self, path: str, why: str) -> None:
        if self.keep:
            self._copy(path, up=self.keep == "here")
        else:
            self.out.conflicts[path] = why

    def _copy(self, path: str, *, up: bool) -> None:
        source, target = (self.here, self.host) if up else (self.host, self.here)
        into = self.out.to_host if up else self.out.to_here
        for p in self._subtree(path):
            if p in source.diff or p in target.diff:
                new, was = source.get(p), target.get(p)
                if equal(new, was):
                    self._record(p)
                else:
                    into.append((p, was, new))

    def _record(self, path: str) -> None:
        (self.out.agreed if self.here.get(path) else self.out.dropped).append(path)

    def _subtree(self, path: str) -> Iterator[str]:
        yield path
        known = [rec for rec in (self.old.get(path), self.here.get(path), self.host.get(path)) if rec]
        if known and all(rec[0] != "d" for rec in known):
            return
        self.all = self.all or sorted(self.old.keys() | self.here.diff.keys() | self.host.diff.keys())
        yield from self.all[bisect_left(self.all, f"{path}/") : bisect_left(self.all, f"{path}0")]


def _up(path: str) -> Iterator[str]:
    """Yield a path and all above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]
