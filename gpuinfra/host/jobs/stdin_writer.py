"""Gives a command its input as fast as it takes it, without ever waiting for it."""

from __future__ import annotations

import os

from gpuinfra.host.jobs import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gpuinfra.host.jobs.loop import Loop
    from gpuinfra.host.jobs.process import JobProcess


class StdinWriter:
    """Feeds one command."""

    def __init__(self, process: JobProcess, loop: Loop) -> None:
        self._process, self._loop = process, loop
        # a terminal is read and written by one number: poll() cannot wait for it twice, so it is tried again
        self.is_stuck = False

    def feed(self, _fd: int = -1) -> None:
        """Give it what it takes now; go on when it takes more."""
        fd, more = self._process.input, self._process.feed()
        if fd < 0 or fd == self._process.terminal:
            self.is_stuck = more
        elif more:
            self._loop.watch(fd, on_write=self.feed)
        else:
            self._loop.forget(fd)


class StdinBuffer:
    """Input that the command has not read yet, in a nameless file: the laptop must not wait behind it."""

    def __init__(self) -> None:
        self.size = 0
        self.ended = False
        self._at = 0
        self._file = -1

    def add(self, data: bytes) -> None:
        """Put data at its end."""
        if self._file < 0:
            self._file = _nameless()
        while data:  # a disk that fills up takes a part first, and only then refuses
            written = os.pwrite(self._file, data, self._at + self.size)
            self.size, data = self.size + written, data[written:]

    def peek(self) -> bytes:
        """Return some of its beginning."""
        return os.pread(self._file, min(self.size, frames.CHUNK), self._at) if self.size else b""

    def drop(self) -> None:
        """Forget it all: nobody will read it."""
        if self._file >= 0:
            os.close(self._file)
        self.size, self.ended, self._at, self._file = 0, False, 0, -1

    def taken(self, count: int) -> None:
        """Drop what has been read; an empty file begins anew."""
        self._at += count
        self.size -= count
        if not self.size and self._file >= 0:
            self._at = 0
            os.ftruncate(self._file, 0)


def _nameless() -> int:
    """Return a new file that has no name, and is gone with its last user."""
    import tempfile  # 10 ms, which only a command with input costs

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
