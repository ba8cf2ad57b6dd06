"""Few small files: what they hold goes along with the request that places them."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable

from gpuinfra.host.sync.records import Given, file_record
from gpuinfra.host.sync.scan import Scan

MANY = 300  # more files than this are many
FEW_BYTES = 1 << 20  # of all of them; of larger ones rsync sends the difference


def are_few(scan: Scan, paths: Collection[str]) -> bool:
    """Tell whether a second connection and rsync's start would cost more than the bytes of these files."""
    return len(paths) <= MANY and sum(scan.now[path][1] for path in paths) <= FEW_BYTES


def contents(scan: Scan, paths: Iterable[str]) -> tuple[list[Given], bytes]:
    """Return what is sent of each file, and all their bytes; one that has changed meanwhile is left out.

    Raises:
        OSError: one cannot be read.
    """
    given, data = [], bytearray()
    for path in paths:
        fd = os.open(f"{scan.root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            found, known = os.fstat(fd), scan.now[path]
            if not stat.S_ISREG(found.st_mode) or file_record(found)[1:4] != known[1:4]:
                continue
            text = file.read(known[1] + 1)
        if len(text) == known[1]:
            given.append((path, found.st_mode & 0o777, found.st_mtime_ns, len(text)))
            data += text
    return given, bytes(data)
