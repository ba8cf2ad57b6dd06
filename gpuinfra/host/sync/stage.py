"""What has come and waits for its place, and the record of what will be taken away for it."""

from __future__ import annotations

import os

from gpuinfra.host.sync.records import are_records, file_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import IO, Any

    from gpuinfra.host.sync.records import Given, Records
    from gpuinfra.host.sync.scan import Scan

    Journal = list[Any]  # [number in gone/, path, the old record, inode of the staged file or 0]


def receive(root: str, given: Collection[Given], data: IO[bytes]) -> None:
    """Write files whose bytes come one after the other: all are read first, so that a refusal is heard.

    Raises:
        EOFError: the connection ended.
    """
    texts = [data.read(size) for _, _, _, size in given]
    for (path, mode, mtime_ns, size), text in zip(given, texts, strict=True):
        if len(text) < size:
            raise EOFError
        full = f"{root}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        fd = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(fd, "wb") as file:
            file.write(text)
            file.flush()
            os.utime(fd, ns=(mtime_ns, mtime_ns))


class Stage:
    """What came: `got` has the files that were announced; others are deleted."""

    def __init__(self, root: str, announced: set[str]) -> None:
        self.root = root
        self.got: Records = {}
        self._look("", announced)

    def _look(self, rel: str, announced: set[str]) -> None:
        with os.scandir(f"{self.root}/{rel}") as entries:
            for entry in list(entries):
                path = rel + entry.name
                if entry.is_dir(follow_symlinks=False):
                    self._look(f"{path}/", announced)
                    if not os.listdir(entry.path):
                        os.rmdir(entry.path)
                elif path in announced and entry.is_file(follow_symlinks=False):
                    self.got[path] = file_record(entry.stat(follow_symlinks=False))
                else:
                    os.unlink(entry.path)


def entries(read: Any) -> Journal:
    """Return the journal as it was read; one of another shape says nothing, as if it were not there."""
    try:
        whole = all(
            isinstance(number, str)
            and isinstance(path, str)
            and are_records({path: old})
            and isinstance(inode, int)
            for number, path, old, inode in read
        )
    except (TypeError, ValueError):
        return []
    return list(read) if whole else []


def journal(scan: Scan, work: Mapping[str, Any], stage: Stage) -> Journal:
    """Return what recover needs to know of each thing that is about to be taken away."""
    taken = [path for path in work["away"] if scan.now.get(path, ["d"])[0] != "d"]
    swapped = sorted(stage.got.keys() & scan.now.keys() - set(work["away"]))
    entries = [(path, 0) for path in taken] + [(path, stage.got[path][3]) for path in swapped]
    return [[str(number), path, scan.now[path], inode] for number, (path, inode) in enumerate(entries)]
