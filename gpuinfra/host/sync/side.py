"""What a side keeps in the folder .gpuinfra-sync: the manifest, staged files, what was taken away, a lock.

The manifest says what both had at the last sync, in this side's own records. It is written in two phases: the
host writes one of a new name, the laptop replaces its own (that decides), and the host then drops the older.
The laptop names the one that it has; where the host does not have it, nothing is known, nothing deleted.
It is [id, what has changed since the base, name of the base]: all records are written anew, as another base,
only when more than an eighth of them has changed. ([id, records] is from an older version.)
"""

from __future__ import annotations

import fcntl
import os

from gpuinfra.host.lean_json import dumps, loads
from gpuinfra.host.sync import place
from gpuinfra.host.sync.records import STATE, are_records, differs, digest
from gpuinfra.host.sync.stage import Stage, entries, journal, receive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import IO, Any

    from gpuinfra.host.sync.records import Given, Record, Records
    from gpuinfra.host.sync.scan import Scan

JOURNAL, OWNER, PROJECT, STAGED = "journal", "owner", "project", "stage"
FEW, SHARE = 8, 8  # changes that a manifest may hold beside its base: so many, and this part of the records


class OtherOwner(Exception):
    """The folder belongs to another project, or has files and belongs to none."""


class Side:
    """One side; made, it holds the lock, and what a crash left is put right (`told`)."""

    def __init__(self, root: str, *, is_host: bool) -> None:
        self.root, self.is_host = os.path.realpath(root), is_host
        self.state = f"{self.root}/{STATE}"
        os.makedirs(f"{self.state}/{STAGED}", exist_ok=True)
        os.makedirs(f"{self.state}/{place.GONE}", exist_ok=True)
        if not os.path.exists(f"{self.state}/.gitignore"):
            self.write(".gitignore", "*\n")
        self._lock = open(f"{self.state}/lock", "w")  # noqa: SIM115 - held until this side ends
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.told = place.recover(self.root, self.state, entries(self._read(JOURNAL)))
        self.old: Records = {}
        self.id = self._base = self._bases = ""
        self._since: dict[str, Record | None] = {}

    def close(self) -> None:
        """Let the next one in."""
        self._lock.close()

    def load(self, name: str, bases: str) -> str:
        """Read a manifest; return its id, empty when there is none that can be read.

        bases: what the names of its bases begin with.
        """
        self._bases = bases
        self.forget()
        found = self._read(name)
        if isinstance(found, list) and len(found) in (2, 3):
            ident, changes, base = [*found, ""][:3]
            records = self._read(str(base)) if base else {}
            are_maps = isinstance(changes, dict) and isinstance(records, dict)
            if are_maps and are_records(old := _changed(records, changes)):  # else no manifest, or lost
                self.id, self.old, self._base = ident, old, base
                self._since = changes if base else {}
        return self.id

    def claim(self, project: str, who: str, *, unmarked_too: bool, join: bool) -> None:
        """Mark the folder as this project's.

        Raises:
            OtherOwner: it has another's mark, or files and no mark; `join` takes it all the same.
        """
        owner = self._read(OWNER)
        owner = owner if isinstance(owner, list) and [*map(type, owner)] == [str, str] else None
        if owner == [project, who] or (owner and owner[0] == project):
            return
        if owner and not join:
            raise OtherOwner(f"belongs to {owner[1]}")
        if not (owner or join or unmarked_too):
            raise OtherOwner("has files that no sync of yours put there")
        self.write(OWNER, dumps(owner or [project, who]))

    def place(self, scan: Scan, work: Mapping[str, Any]) -> dict[str, Any]:
        """Change what is to change; return what failed and why, and the hashes of what came."""
        staged = Stage(f"{self.state}/{STAGED}", set(work["puts"]))
        hashes = {
            path: digest(f"{self.state}/{STAGED}/{path}") for path in work["hashed"] if path in staged.got
        }
        for path, known in hashes.items():
            staged.got[path][5] = known
        noted = journal(scan, work, staged)
        self.write(JOURNAL, dumps(noted))
        self._placer = place.Placer(scan, self.state, staged, noted, is_host=self.is_host)
        return {"failed": self._placer.run(work), "hashes": hashes}

    def receive(self, given: Collection[Given], data: IO[bytes]) -> None:
        """Stage files whose bytes follow; what a cut sync has left there is not in their way."""
        if given:
            self.clean()
            receive(f"{self.state}/{STAGED}", given, data)

    def changed(self, scan: Scan, paths: Iterable[str]) -> list[str]:
        """Return the files that are not (any more) what the scan saw."""
        files = (path for path in paths if scan.now[path][0] == "f")
        return [path for path in files if differs(f"{self.root}/{path}", scan.now[path])]

    def forget(self) -> None:
        """Begin anew: nothing is known of before."""
        self.old, self.id, self._base, self._since = {}, "", "", {}

    def remember(
        self, name: str, ident: str, scan: Scan, work: Mapping[str, Any], failed: Iterable[str]
    ) -> None:
        """Write the next manifest: it counts from here on."""
        changes = self._changes(scan, work, set(failed))
        since = {**self._since, **changes}
        if not self._base or len(since) > FEW + len(self.old) // SHARE:
            self._base, since = f"{self._bases}-{ident}", {}
            self.write(self._base, dumps(_changed(self.old, changes)))
        self.write(name, dumps([ident, since, self._base]))

    def _changes(self, scan: Scan, work: Mapping[str, Any], failed: set[str]) -> dict[str, Record | None]:
        """Return what the next manifest says otherwise than this one (None: no more).

        What was taken has the record of what was staged. What was given (`sent`) has the hash that the taker
        saw; a file that has `changed` since it was looked at gets a time that never matches.
        """
        sent = set(work["sent"])
        gone = ({*work["dropped"], *self._placer.away} - self._placer.new.keys()) - failed
        new: dict[str, Record | None] = dict.fromkeys(gone)
        new |= {path: scan.certain(rec) for path, rec in scan.touched.items() if path not in gone}
        for path in {*work["agreed"], *sent} - failed:
            rec = scan.certain(scan.now[path])
            if path in sent and rec[0] == "f":
                rec = [*rec[:5], work["hashes"].get(path, rec[5])]
                if path in work["changed"]:
                    rec[2] = -1
            new[path] = rec
        new.update({path: rec for path, rec in self._placer.new.items() if path not in failed})
        return new

    def project(self) -> str:
        """Return what names this project on its hosts: made once."""
        if not os.path.exists(f"{self.state}/{PROJECT}"):
            self.write(PROJECT, os.urandom(8).hex())
        with open(f"{self.state}/{PROJECT}") as file:
            return file.read()

    def write(self, name: str, text: str) -> None:
        """Write a file of ours in one step."""
        with open(f"{self.state}/new", "w") as file:
            file.write(text)
        os.rename(f"{self.state}/new", f"{self.state}/{name}")

    def forget_others(self, prefix: str = "", name: str = "") -> None:
        """Drop the bases but the last, and the manifests whose name begins so, but for this one."""
        for other in os.listdir(self.state):
            older = other.startswith(f"{self._bases}-") and other != self._base
            if older or (prefix and other.startswith(prefix) and other != name):
                os.unlink(f"{self.state}/{other}")

    def clean(self) -> None:
        """Drop what is staged and has no place: both sides know what they have."""
        for folder, folders, files in os.walk(f"{self.state}/{STAGED}", topdown=False):
            for name in (*files, *folders):
                _remove(f"{folder}/{name}")

    def _read(self, name: str) -> Any:
        try:
            with open(f"{self.state}/{name}", "rb") as file:
                return loads(file.read())
        except (OSError, ValueError, RecursionError):
            return None


def _changed(records: Mapping[str, Record], changes: Mapping[str, Record | None]) -> Records:
    """Return records with these changes (None: no more)."""
    known: dict[str, Any] = {**records, **changes}
    for path in changes:
        if not known[path]:
            del known[path]
    return known


def _remove(path: str) -> None:
    """Remove a file, a link or an empty folder, if that can be (not by shutil: its import takes 6 ms)."""
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        pass
