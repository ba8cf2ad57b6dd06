"""This terminal attached to a command on the host: its stdin as frames into ssh, ssh's output to ours.
Over 200 lines: one session.

`gpuinfra run` passes here before all else: no subprocess, signal (enum), json or contextlib, 25 ms together.
"""

from __future__ import annotations

import os
import select
import sys
from _thread import allocate_lock, start_new_thread

from gpuinfra.host import lean_json
from gpuinfra.host.jobs import frames
from gpuinfra.tools.ssh import host_bundle

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

    Request = dict[str, Any]
else:
    import _signal as signal  # plain numbers instead of enums

SSH_FAILED = 255
DETACH_KEY = b"\x1c"  # Ctrl-\
PRESSES_TO_KILL, PRESSES_TO_DETACH = 3, 4
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGWINCH)


def terminal_size() -> str:
    """Return the terminal's size as "ROWS COLUMNS"; one that tells none has the usual one."""
    try:
        columns, lines = os.get_terminal_size(1)
    except OSError:
        columns = lines = 0
    return f"{lines or 24} {columns or 80}"


def attach(
    ssh: Sequence[str], request: Request, *, tty: bool, answer_s: float | None = None
) -> tuple[int, bool]:
    """Attach to a command by ssh; return ssh's exit code, which is the command's, and whether the user left.

    Raises:
        NoMarker: our program did not start there (within `answer_s`): nothing was begun.
    """
    if tty:
        request = {**request, "size": terminal_size()}
    session = TerminalSession(ssh, tty=tty)
    return session.attach(request, answer_s), session.detached


class TerminalSession:
    """One session: the child is ssh, a thread copies its output, the main thread serves stdin and signals."""

    def __init__(self, ssh: Sequence[str], *, tty: bool) -> None:
        self._ssh, self._tty = ssh, tty
        self._presses = 0
        self.detached = False
        self._pid = self._stdin = self._stdout = self._wakeup = -1
        self._status: int | None = None

    def attach(self, request: Request, answer_s: float | None) -> int:
        """Stay until ssh ends; return its exit code."""
        bundle = host_bundle.files()
        restore = self._prepare()
        try:
            self._start([*self._ssh, "--", host_bundle.command(host_bundle.JOBS, bundle)])
            code = self._serve(request, bundle, answer_s)
        finally:
            for undo in restore:
                undo()
        if self._tty and self.detached:
            sys.stderr.write("\n")  # the cursor is wherever the command had it
        return code if code >= 0 else SSH_FAILED

    def _serve(self, request: Request, bundle: host_bundle.Files, answer_s: float | None) -> int:
        try:
            first = host_bundle.hand_over(self._stdin, self._stdout, bundle, timeout_s=answer_s)
            self._send(frames.pack(frames.REQUEST, lean_json.dumps(request).encode()))
        except host_bundle.NoMarker as error:
            if error.timed_out:
                self._terminate()
            if self._wait() in (SSH_FAILED, -signal.SIGTERM) and answer_s is None:
                return SSH_FAILED  # the connection broke, or the user left: the caller knows how to tell
            raise
        except BrokenPipeError:
            return self._wait()
        copied = allocate_lock()
        copied.acquire()
        start_new_thread(_copy, (self._stdout, first, copied))
        try:
            self._relay()
        except BrokenPipeError:
            pass  # ssh has ended
        code = self._wait()
        while not self.detached and not copied.acquire(timeout=frames.HEARTBEAT_S):
            pass  # our reader has not taken all of the output yet
        return code

    def _start(self, argv: list[str]) -> None:
        """Start ssh with pipes for stdin and stdout; stderr is ours."""
        (stdin, self._stdin), (self._stdout, stdout) = os.pipe(), os.pipe()
        streams = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1)]
        # A session of its own: the terminal's Ctrl-C must reach the command, not kill the connection.
        # What we ignore (Python itself ignores SIGPIPE) must not be ignored there, too.
        default = [signal.SIGPIPE, signal.SIGTTIN]
        self._pid = os.posix_spawnp(
            argv[0], argv, os.environ, file_actions=streams, setsid=True, setsigdef=default
        )
        os.close(stdin)
        os.close(stdout)

    def _relay(self) -> None:
        """Pass stdin on until ssh has ended, with a heartbeat."""
        sources = [self._wakeup, 0]
        while not self._ended():
            ready, _, _ = select.select(sources, [], [], frames.HEARTBEAT_S)
            if not ready:
                self._send(frames.pack(frames.HEARTBEAT))
            if self._wakeup in ready:
                for number in os.read(self._wakeup, 256):
                    self._pass_on(number)
            if 0 in ready and not self._read():
                sources.remove(0)

    def _read(self) -> bool:
        """Take some of stdin; False at its end."""
        try:
            data = os.read(0, frames.CHUNK)
        except OSError:  # in the background: the terminal is not ours to read
            data = b""
        if self._tty and DETACH_KEY in data:
            self._detach()
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
            if self._presses >= PRESSES_TO_DETACH:
                self._detach()
        elif number in (signal.SIGQUIT, signal.SIGHUP):
            self._detach()

    def _detach(self) -> None:
        self.detached = True
        self._terminate()

    def _terminate(self) -> None:
        if self._pid > 0 and self._status is None:
            try:
                os.kill(self._pid, signal.SIGTERM)
            except ProcessLookupError:
                pass

    def _ended(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status is not None

    def _wait(self) -> int:
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._status

    def _send(self, data: bytes) -> None:
        host_bundle.send(self._stdin, data)

    def _prepare(self) -> list[Any]:
        """Take the signals and, with a terminal, each key; return what gives them back."""
        self._wakeup, writer = os.pipe()
        os.set_blocking(writer, False)
        # from now on a signal's number is written there: it wakes a select
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        handlers = [(number, signal.signal(number, self._on_signal)) for number in HANDLED]
        handlers.append((signal.SIGTTIN, signal.signal(signal.SIGTTIN, signal.SIG_IGN)))
        undo: list[Any] = [
            lambda: [signal.signal(*one) for one in handlers],
            lambda: signal.set_wakeup_fd(before),
        ]
        undo += [lambda: os.close(writer), lambda: os.close(self._wakeup)]
        if self._tty:
            import termios
            import tty

            mode = termios.tcgetattr(0)
            tty.setraw(0)
            undo.insert(0, lambda: termios.tcsetattr(0, termios.TCSADRAIN, mode))
        return undo


def _copy(stdout: int, data: bytes, copied: Any) -> None:
    """Copy ssh's output to ours; in a thread: a reader of ours who stops must not stop the heartbeat."""
    try:
        while data or (data := os.read(stdout, frames.CHUNK)):
            host_bundle.send(1, data)
            data = b""
    except OSError:
        pass  # nobody reads on: closing the pipe tells ssh so
    os.close(stdout)
    copied.release()
