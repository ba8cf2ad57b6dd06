"""One sync: both sides look, the laptop decides, rsync moves files into a staging folder, each side places.

Whoever calls says how the host is asked (`Conversation`) and how files are moved.
"""

from __future__ import annotations

import os

from gpuinfra.features.sync import untrusted
from gpuinfra.features.sync.content import doubtful
from gpuinfra.features.sync.conversation import SyncRefused
from gpuinfra.features.sync.decide import decide
from gpuinfra.features.sync.mover import FEW_BYTES, MANY, send
from gpuinfra.features.sync.terms import SyncOutcome
from gpuinfra.features.sync.work import order, work
from gpuinfra.ground.text import size
from gpuinfra.host.sync.place import PASSING, UNREAD
from gpuinfra.host.sync.records import IGNORE_FILES, SMALL, ancestors, read_lines
from gpuinfra.host.sync.scan import Scan
from gpuinfra.host.sync.side import Side

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gpuinfra.features.sync.conversation import Conversation
    from gpuinfra.features.sync.decide import Decision, Move
    from gpuinfra.features.sync.mover import Mover
    from gpuinfra.features.sync.terms import Terms

MANIFEST, BASES = "manifest", "base"
# What the host's end answers (host/sync/serve.py); the records of `diff` are looked at by untrusted.py.
SCANNED = {"diff": dict, "known": bool, "empty": bool, "racy": [str], "told": [str]}
HASHES = {str: str}
PLACED = {"failed": {str: str}, "hashes": HASHES}


def exchange(
    root: str, host: Conversation, mover: Mover, terms: Terms, *, few_bytes: int = FEW_BYTES
) -> SyncOutcome:
    """Carry out one sync; up to `few_bytes` in all are sent without the mover.

    Raises:
        SyncRefused: the host refuses, or says what no honest host does.
        EOFError: the connection ended; the next sync goes on.
    """
    side = Side(root, is_host=False)
    try:
        return _Exchange(side, host, mover, terms, few_bytes).run()
    finally:
        side.close()


class _Exchange:
    def __init__(self, side: Side, host: Conversation, mover: Mover, terms: Terms, few_bytes: int) -> None:
        self.side, self.host, self.mover, self.terms, self.few_bytes = side, host, mover, terms, few_bytes
        self.out = SyncOutcome(put_back=list(side.told))

    def run(self) -> SyncOutcome:
        self._look()
        decision = self._decide()
        self._add_folders_above(decision)
        self.out.conflicts, self.out.left_alone = decision.conflicts, decision.left_alone
        self._hold_back(decision)
        self._tell(decision)
        self._stop_if_too_much()
        moves = decision.to_host or decision.to_here or decision.agreed or decision.dropped
        if not self.terms.dry_run and (moves or self.scan.touched):
            self._carry_out(decision)
        return self.out

    def _look(self) -> None:
        side, terms = self.side, self.terms
        side.load(MANIFEST, BASES)
        asked: dict[str, Any] = {
            "project": side.project(), "who": f"{os.uname().nodename}:{side.root}", "join": terms.join,
            "unmarked_too": terms.mode == "up",  # what `run` made there before the first sync stays as it is
            "id": side.id, "part": terms.part, "excluded": read_lines(f"{side.root}/.git/info/exclude"),
        }  # fmt: skip
        self.host.send("scan", **asked)
        self.scan = Scan(side.root, side.old, part=terms.part, excluded=asked["excluded"])
        said = self.host.hear(SCANNED)
        if any(p.rpartition("/")[2] in IGNORE_FILES for p in [*self.scan.diff, *said["diff"]]):
            said = self.host.ask("scan", SCANNED, **asked, given=self.scan.lines)
        if not said["known"]:  # another laptop's sync, or the host has lost it: nothing is known of before
            side.forget()
            self.scan = Scan(side.root, {}, part=terms.part, excluded=asked["excluded"])
        try:
            self.there = untrusted.checked(said["diff"], side.old)
        except ValueError as error:
            raise SyncRefused(str(error), kind="words") from None
        self.racy_there = {path for path in said["racy"] if path in self.there}
        self.out.put_back += [f"{path} on the host" for path in said["told"]]
        self._stop_if_emptied(bool(said["empty"]))

    def _stop_if_emptied(self, host_is_empty: bool) -> None:
        had = sum("/" not in path for path in self.side.old)
        if had > 1 and bool(self.scan.now) == host_is_empty and not (self.terms.part or self.terms.keep):
            where = "the host" if host_is_empty else "this machine"
            raise SyncRefused(f"all {had} files and folders of the project are gone on {where}", kind="empty")

    def _decide(self) -> Decision:
        here, there, old = self.scan.diff, self.there, self.side.old
        if doubt := doubtful(old, here, there):
            self.host.send("hashes", paths=doubt)
            mine, theirs = self.scan.hashes(doubt), self.host.hear(HASHES)
            for path in doubt:
                for diff, known in ((here, mine), (there, theirs)):
                    if rec := diff.get(path):
                        rec[5] = known.get(path, "")
                    elif path not in diff and mine.get(path) and mine.get(path) == theirs.get(path):
                        diff[path] = [*old[path][:5], known[path]]  # touched on the other side only
        terms = self.terms
        return decide(
            old, here, there, mode=terms.mode, keep=terms.keep, part=terms.part, delete=terms.delete
        )

    def _add_folders_above(self, decision: Decision) -> None:
        """Make, and know, the folders that lead to the part."""
        for path in ancestors(self.terms.part):
            old = self.side.old.get(path)
            here, there = self.scan.now.get(path), self.there.get(path, old)
            if here == there == ["d"] != old:
                decision.agreed.append(path)
            elif decision.to_host and not there:
                decision.to_host.append((path, None, ["d"]))
            elif decision.to_here and not here:
                decision.to_here.append((path, None, ["d"]))

    def _hold_back(self, decision: Decision) -> None:
        """Leave on the host what it must not bring, and all that is below it."""
        held = {p: why for p, _, new in decision.to_here if (why := untrusted.refusal(p, new))}
        decision.to_here = [m for m in decision.to_here if m[0] not in held]
        self.out.left_alone |= {p: why for p, why in held.items() if p.rpartition("/")[0] not in held}

    def _tell(self, decision: Decision) -> None:
        moves = decision.to_host + decision.to_here
        self.out.sent = [path for path, _, new in decision.to_host if new]
        self.out.brought = [path for path, _, new in decision.to_here if new]
        self.out.deleted = [path for path, _, new in moves if not new]
        files = [new for _, _, new in moves if new and new[0] == "f"]
        self.out.files, self.out.size_bytes = len(files), sum(rec[1] for rec in files)

    def _stop_if_too_much(self) -> None:
        files, size_bytes = self.terms.most or (self.out.files, self.out.size_bytes)
        if self.out.files > files or self.out.size_bytes > size_bytes:
            much = f"{self.out.files:,} files, {size(self.out.size_bytes)}"
            raise SyncRefused(f"{much} are to be sent", kind="much")

    def _carry_out(self, decision: Decision) -> None:
        up, down = order(decision.to_host), order(decision.to_here)
        files = send(self.scan, up["puts"], self.mover, self.few_bytes)
        unread = dict.fromkeys(set(up["puts"]).difference(files.puts), UNREAD)
        up["puts"] = files.puts
        for numbers in files.counted:
            self._count(numbers)
        if down["puts"]:
            self._count(self.mover.move(False, down["puts"]))
        up["hashed"] = self._hashed(
            decision.to_host, {p for p in up["puts"] if self.scan.is_racy(self.scan.now[p])}
        )
        down["hashed"] = self._hashed(decision.to_here, self.racy_there)
        agreed = [path for path in decision.agreed if path in self.scan.now]
        here = work(down, decision.to_host, agreed, decision)
        done = self.side.place(self.scan, here)
        done["failed"] |= unread
        there = work(up, decision.to_here, agreed, decision) | {"hashes": done["hashes"]}
        ident = os.urandom(8).hex()
        self.host.send(
            "place", files.data, id=ident, work=there, failed=list(done["failed"]), given=files.given
        )
        here["changed"] = set(self.side.changed(self.scan, here["sent"]))  # while the host works
        said = self.host.hear(PLACED)
        failed = {**done["failed"], **said["failed"]}
        here["hashes"] = said["hashes"]
        self.side.remember(MANIFEST, ident, self.scan, here, failed)  # from here on it counts
        self.host.send("commit", id=ident)
        self.side.forget_others()
        self.side.clean()
        self._take_back(failed)

    def _hashed(self, moves: list[Move], racy: set[str]) -> list[str]:
        """Return of which files a hash is taken as they arrive; of many it is not."""
        files = [(path, new) for path, _, new in moves if new and new[0] == "f"]
        return [p for p, new in files if p in racy or (len(files) <= MANY and new[1] <= SMALL)]

    def _count(self, numbers: dict[str, int]) -> None:
        for name, value in numbers.items():
            self.out.counted[name] = self.out.counted.get(name, 0) + value

    def _take_back(self, failed: dict[str, str]) -> None:
        """Do not call done what failed."""
        self.out.failed = {path: why for path, why in failed.items() if why not in PASSING}
        self.out.left_alone |= {path: why for path, why in failed.items() if why in PASSING}
        for name in ("sent", "brought", "deleted"):
            setattr(self.out, name, [path for path in getattr(self.out, name) if path not in failed])
