"""The command itself: started in a session of its own, on pipes or on a terminal; fed, signalled, reaped."""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpuinfra.host.jobs import frames


def resize(terminal: int, size: bytes) -> None:
    """Set a terminal's size; `size` is "ROWS COLUMNS"."""
    with contextlib.suppress(OSError, ValueError, struct.error):
        rows, columns = map(int, size.split())
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class JobProcess:
    """A running command: `outputs` maps what can be read to the kind of frame that it becomes."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, tty: bool, reads: bool, size: bytes
    ) -> None:
        self.outputs: dict[int, bytes] = {}
        self.input = -1
        self.waiting = StdinBuffer()
        self.terminal = -1
        self.process = self._start(argv, dict(env), cwd, tty, reads, size)

    def _start(
        self, argv: Sequence[str], env: dict[str, str], cwd: Path, tty: bool, reads: bool, size: bytes
    ) -> "subprocess.Popen[bytes]":
        if tty:
            self.terminal, inner = os.openpty()
            resize(self.terminal, size)
            process = subprocess.Popen(
                argv, env=env, cwd=cwd, stdin=inner, stdout=inner, stderr=inner,
                start_new_session=True, preexec_fn=_take_terminal,
            )  # fmt: skip
            os.close(inner)
            self.outputs, self.input = {self.terminal: frames.OUT}, self.terminal
            os.set_blocking(self.terminal, False)
            return process
        feed = subprocess.PIPE if reads else subprocess.DEVNULL
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=feed, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
        )
        self.process = process  # keeps the pipes open
        for stream, kind in ((process.stdout, frames.OUT), (process.stderr, frames.ERR)):
            if stream:
                os.set_blocking(stream.fileno(), False)
                self.outputs[stream.fileno()] = kind
        if process.stdin:
            self.input = process.stdin.fileno()
            os.set_blocking(self.input, False)
        return process

    def signal(self, number: int) -> None:
        """Signal the command with all its children, a terminal's foreground included."""
        groups = {self.process.pid}
        if self.terminal >= 0 and number != signal.SIGKILL:
            with contextlib.suppress(OSError):
                groups = {os.tcgetpgrp(self.terminal)}
        for group in groups:
            with contextlib.suppress(OSError):
                os.killpg(group, number)

    def feed(self) -> bool:
        """Give it some of its input; tell whether more is waiting."""
        if self.input < 0:
            return False
        with contextlib.suppress(BlockingIOError):
            try:
                self.waiting.taken(os.write(self.input, self.waiting.peek()))
            except OSError as error:
                if isinstance(error, BlockingIOError):
                    raise
                self.close_input()  # it has closed its stdin
        if not self.waiting.size and self.waiting.ended:
            self.close_input()
        return self.input >= 0 and self.waiting.size > 0

    def close_input(self) -> None:
        """End its input: a terminal gets the character for it."""
        if self.terminal >= 0:
            with contextlib.suppress(OSError):
                os.write(self.terminal, b"\x04")
        elif self.input >= 0 and self.process.stdin:
            self.process.stdin.close()
        self.input = self.input if self.terminal >= 0 else -1
        self.waiting.drop()

    def close_outputs(self) -> None:
        """Read no more: what it writes from now on fails, as into any closed pipe."""
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def exit_code(self) -> int | None:
        """Return its exit code once it has ended: 128 + N for signal N, as in a shell."""
        code = self.process.poll()
        return None if code is None else code if code >= 0 else 128 - code


def _take_terminal() -> None:
    """Make stdin the controlling terminal; runs in the child."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


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
        if not self.size:
            self._at = 0
            os.ftruncate(self._file, 0)


def _nameless() -> int:
    """Return a new file that has no name, and is gone with its last user."""
    import tempfile  # 10 ms, which only a command with input costs

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
