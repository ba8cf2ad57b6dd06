"""The laptop's side of a seat: stdin as frames into ssh, whose stdout and stderr are our own."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import tty as terminal_mode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from gpuinfra.host.jobs import wire
from gpuinfra.job_ports import Sat

LEAVE_KEY = b"\x1c"  # Ctrl-\
PRESSES_TO_KILL, PRESSES_TO_GIVE_UP = 3, 4
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGWINCH)


def terminal_size() -> str:
    """Return the terminal's size as "ROWS COLUMNS"."""
    size = shutil.get_terminal_size()
    return f"{size.lines} {size.columns}"


class Seat:
    """One sitting."""

    def __init__(self, argv: Sequence[str], *, tty: bool) -> None:
        self._argv, self._tty = list(argv), tty
        self._presses = 0
        self._left = False
        self._child: subprocess.Popen[bytes] | None = None

    def sit(self, opening: bytes) -> Sat:
        """Sit until ssh ends; return its exit code, which is the command's."""
        with _wakeups() as wakeup, _handlers(self._on_signal), _raw(self._tty):
            # A session of its own: the terminal's Ctrl-C must reach the command, not kill the connection.
            self._child = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, start_new_session=True, bufsize=0
            )
            with suppress(BrokenPipeError):
                self._send(opening)
                self._relay(wakeup)
            code = self._child.wait()
        return Sat(code=code if code >= 0 else 255, left=self._left)

    def _relay(self, wakeup: socket.socket) -> None:
        """Pass stdin on until ssh has ended, with a heartbeat."""
        sources: list[Any] = [wakeup, 0]
        while self._child and self._child.poll() is None:
            ready, _, _ = select.select(sources, [], [], wire.BEAT_S)
            if not ready:
                self._send(wire.pack(wire.BEAT))
            if wakeup in ready:
                for number in wakeup.recv(256):
                    self._pass_on(number)
            if 0 in ready and not self._read():
                sources.remove(0)

    def _read(self) -> bool:
        """Take some of stdin; False at its end."""
        try:
            data = os.read(0, wire.CHUNK)
        except OSError:  # in the background: the terminal is not ours to read
            data = b""
        if self._tty and LEAVE_KEY in data:
            self._leave()
        elif data:
            self._send(wire.pack(wire.INPUT, data))
        else:
            self._send(wire.pack(wire.END))
        return bool(data)

    def _pass_on(self, number: int) -> None:
        if number == signal.SIGWINCH:
            self._send(wire.pack(wire.SIZE, terminal_size().encode()))
        elif number == signal.SIGINT:
            name = "KILL" if self._presses >= PRESSES_TO_KILL else "INT"
            self._send(wire.pack(wire.SIGNAL, name.encode()))
        elif number == signal.SIGTERM:
            self._send(wire.pack(wire.SIGNAL, b"TERM"))

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Count Ctrl-C; leave at once where no frame could get through. The rest is for the loop."""
        if number == signal.SIGINT:
            self._presses += 1
            if self._presses == PRESSES_TO_KILL:
                sys.stderr.write("\nthree times Ctrl-C: killing it; once more leaves it\n")
            if self._presses >= PRESSES_TO_GIVE_UP:
                self._leave()
        elif number in (signal.SIGQUIT, signal.SIGHUP):
            self._leave()

    def _leave(self) -> None:
        self._left = True
        if self._child:
            self._child.terminate()

    def _send(self, data: bytes) -> None:
        if self._child and self._child.stdin:
            view = memoryview(data)
            while view:
                view = view[self._child.stdin.write(view) or 0 :]


@contextmanager
def _handlers(on_signal: Any) -> Iterator[None]:
    before = {number: signal.signal(number, on_signal) for number in HANDLED}
    before[signal.SIGTTIN] = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _wakeups() -> Iterator[socket.socket]:
    """Make signals wake a select; yields what to select on, from which their numbers are read."""
    near, far = socket.socketpair()
    with near, far:
        far.setblocking(False)
        before = signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
        try:
            yield near
        finally:
            signal.set_wakeup_fd(before)


@contextmanager
def _raw(tty: bool) -> Iterator[None]:
    """Give every key to the command over there."""
    if not tty:
        yield
        return
    before = termios.tcgetattr(0)
    terminal_mode.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
