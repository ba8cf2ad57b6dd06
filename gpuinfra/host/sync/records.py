"""What is known of a file, link or folder, and how one is looked at.

A record: ["d"] | ["l", target] | ["f", size, mtime_ns, inode, executable, hash or ""] | ["p", why].
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Record = list[Any]
    Records = dict[str, Record]
    Given = tuple[str, int, int, int]  # path, mode, mtime_ns, size of a file whose bytes come with a request

STATE = ".gpuinfra-sync"
PARTIAL = ".gpuinfra-partial"  # where rsync keeps a part of a file; older versions left some in the project
KEEP = ".gpuinfra-keep"  # older versions: the repositories that `clone` put there
# Read in every folder; the lines of the second come after those of the first.
IGNORE_FILES = (".gitignore", ".gpuinfraignore")
SHAPES = {("d", 1), ("l", 2), ("f", 6), ("p", 2)}
NEVER = {".git", STATE, PARTIAL, KEEP}
SMALL = 4 << 20  # up to here a hash is kept, so that a file that was only touched counts as unchanged


def are_records(known: Any) -> bool:
    """Tell whether what was read has the shape of records: what is in them is compared, nothing more."""
    try:
        return {(rec[0], len(rec)) for rec in known.values()} <= SHAPES
    except (TypeError, KeyError, IndexError):
        return False


def differs(path: str, old: Record, fd: int | None = None) -> bool:
    """Tell whether a file or link is not (any more) what the record says."""
    try:
        found = os.stat(path, dir_fd=fd, follow_symlinks=False)
        if old[0] == "l":
            return not stat.S_ISLNK(found.st_mode) or os.readlink(path, dir_fd=fd) != old[1]
    except OSError:
        return True
    return not stat.S_ISREG(found.st_mode) or file_record(found)[1:4] != old[1:4]


def read_lines(path: str) -> list[str]:
    """Return the lines of an ignore file; one that cannot be read has none."""
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as text:
            return [line.removesuffix("\n").removesuffix("\r") for line in text]
    except OSError:
        return []


def file_record(found: os.stat_result) -> Record:
    """Return the record of a file of unknown content."""
    executable = int(bool(found.st_mode & 0o111))
    return ["f", found.st_size, found.st_mtime_ns, found.st_ino, executable, ""]


def is_same(found: os.stat_result, rec: Record) -> bool:
    """Tell whether a file is the one of the record, by all that can be known without reading it."""
    return (
        rec[0] == "f"
        and rec[2] == found.st_mtime_ns
        and rec[1] == found.st_size
        and rec[3] == found.st_ino
        and rec[4] == ((found.st_mode & 0o111) != 0)
        and stat.S_ISREG(found.st_mode)
    )


def ancestors(path: str) -> list[str]:
    """Return the folders above a path, from the top down."""
    return [path[:at] for at, c in enumerate(path) if c == "/"]


def leads_out(path: str, target: str) -> bool:
    """Tell whether a link is absolute, or leads out of the project by its words."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return target.startswith("/")


def digest(path: str) -> str:
    """Return the hash of a file; none if it cannot be read."""
    from _blake2 import blake2b  # of hashlib, without OpenSSL: that takes 6 ms

    hasher = blake2b(digest_size=16)
    try:
        with open(path, "rb") as file:
            while data := file.read(1 << 20):
                hasher.update(data)
    except OSError:
        return ""
    return hasher.hexdigest()
