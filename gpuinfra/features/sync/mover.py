"""How files get into the other side's staging folder: rsync for any, tar for many small ones, and few small
ones go along with the request that places them.
"""

from __future__ import annotations

import os
import stat

from gpuinfra.host.sync.records import SMALL, file_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from gpuinfra.host.sync.records import Given
    from gpuinfra.host.sync.scan import Scan

    class Mover(Protocol):
        """What moves files into the other side's staging folder."""

        def move(self, up: bool, paths: list[str]) -> dict[str, int]:
            """Move files of any size, by differences; return what it counted."""

        def pack(self, paths: list[str]) -> bool:
            """Send many small files up; False: not all of them have arrived as they are, `move` has to."""


MANY = 300  # more files than this are many
FEW_BYTES = 1 << 20  # of all few ones; of more rsync sends the difference


class Sent:
    """What the host can place: `puts`; the bytes of those that are `given` go along with the request."""

    def __init__(
        self,
        puts: list[str],
        *,
        given: Iterable[Given] = (),
        data: bytes = b"",
        counted: Iterable[dict[str, int]] = (),
    ) -> None:
        self.puts, self.given, self.data, self.counted = puts, list(given), data, list(counted)


def send(scan: Scan, puts: list[str], mover: Mover, few_bytes: int) -> Sent:
    """Send files up in the way that is the quickest for them.

    few_bytes: up to so many bytes in all a second connection and rsync's start cost more than they do.
    """
    now = scan.now
    if len(puts) <= MANY and sum(now[path][1] for path in puts) <= few_bytes:
        try:
            given, data = contents(scan, puts)
            return Sent(puts, given=given, data=data)
        except OSError:  # rsync has the words for a file that cannot be read
            pass
    small = [path for path in puts if now[path][1] <= SMALL]
    packed = set(small) if len(small) > MANY and mover.pack(small) else set()
    left = [path for path in puts if path not in packed]
    counted = [mover.move(True, left)] if left else []
    # what tar could not read to its end is filled up with zeros, and stays so if it is gone by now
    gone = {path for path in left if not os.path.lexists(f"{scan.root}/{path}")}
    return Sent([path for path in puts if path not in gone], counted=counted)


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
