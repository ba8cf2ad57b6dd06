"""The laptop's side of a seat: stdin as frames into ssh, whose stdout and stderr are our own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import tty as terminal_mode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from gpuinfra.host.jobs import frames
from gpuinfra.tools.ssh.host_bundle import opened_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from gpuinfra.ground.job_protocols import Request

SSH_FAILED = 255
LEAVE_KEY = b"\x1c"  # Ctrl-\
PRESSES_TO_KILL, PRESSES_TO_GIVE_UP = 3, 4
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGWINCH)


def terminal_size() -> str:
    """Return the terminal's size as "ROWS COLUMNS"; one that tells none has the usual one."""
    columns = lines = 0
    with suppress(OSError):
        columns, lines = os.get_terminal_size(1)
    return f"{lines or 24} {columns or 80}"


def attach(ssh: Sequence[str], request: Request, *, tty: bool) -> tuple[int, bool]:
    """Sit at a command by ssh; return ssh's exit code, which is the command's, and whether the user left."""
    if tty:
        request = {**request, "size": terminal_size()}
    line, opening = opened_by(request)
    session = TerminalSession([*ssh, "--", line], tty=tty)
    return session.attach(opening), session.left


class TerminalSession:
    """One sitting."""

    def __init__(self, argv: Sequence[str], *, tty: bool) -> None:
        self._argv, self._tty = list(argv), tty
        self._presses = 0
        self.left = False
        self._child: subprocess.Popen[bytes] | None = None

    def attach(self, opening: bytes) -> int:
        """Sit until ssh ends; return its exit code."""
        with _wakeups() as wakeup, _handlers(self._on_signal), _raw(self._tty):
            # A session of its own: the terminal's Ctrl-C must reach the command, not kill the connection.
            self._child = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, start_new_session=True, bufsize=0
            )
            with suppress(BrokenPipeError):
                self._send(opening)
                self._relay(wakeup)
            code = self._child.wait()
        if self._tty and self.left:
            sys.stderr.write("\n")  # the cursor is wherever the command had it
        return code if code >= 0 else SSH_FAILED

    def _relay(self, wakeup: int) -> None:
        """Pass stdin on until ssh has ended, with a heartbeat."""
        sources = [wakeup, 0]
        while self._child and self._child.poll() is None:
            ready, _, _ = select.select(sources, [], [], frames.HEARTBEAT_S)
            if not ready:
                self._send(frames.pack(frames.HEARTBEAT))
            if wakeup in ready:
                for number in os.read(wakeup, 256):
                    self._pass_on(number)
            if 0 in ready and not self._read():
                sources.remove(0)

    def _read(self) -> bool:
        """Take some of stdin; False at its end."""
        try:
            data = os.read(0, frames.CHUNK)
        except OSError:  # in the background: the terminal is not ours to read
            data = b""
        if self._tty and LEAVE_KEY in data:
            self._leave()
        elif data:
            self._send(frames.pack(frames.INPUT, data))
        else:
            self._send(frames.pack(frames.STDIN_EOF))
        return bool(data)

    def _pass_on(self, number: int) -> None:
        if number == signal.SIGWINCH:
            self._send(frames.pack(frames.SIZE, terminal_size().encode()))
        elif number == signal.SIGINT:
            name = "KILL" if self._presses >= PRESSES_TO_KILL else "INT"
            self._send(frames.pack(frames.SIGNAL, name.encode()))
        elif number == signal.SIGTERM:
            self._send(frames.pack(frames.SIGNAL, b"TERM"))

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
        self.left = True
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
def _wakeups() -> Iterator[int]:
    """Make signals wake a select; yields what to select on, from which their numbers are read."""
    near, far = os.pipe()
    os.set_blocking(far, False)
    before = signal.set_wakeup_fd(far, warn_on_full_buffer=False)
    try:
        yield near
    finally:
        signal.set_wakeup_fd(before)
        os.close(near)
        os.close(far)


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
