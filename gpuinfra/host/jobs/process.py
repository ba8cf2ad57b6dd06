"""The command itself: started in a session of its own, on pipes or on a terminal; fed, signalled, reaped.

By posix_spawn (its limits are stated where they are worked around): `import subprocess` costs each run 9 ms.
"""

from __future__ import annotations

import fcntl
import os
import struct

from gpuinfra.host.jobs import frames
from gpuinfra.host.jobs.command_environment import SYSTEM_PATH
from gpuinfra.host.jobs.stdin_writer import StdinBuffer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence
    from typing import Any
else:
    import _signal as signal  # plain numbers instead of enums


def resize(terminal: int, size: bytes) -> None:
    """Set a terminal's size; `size` is "ROWS COLUMNS"."""
    import termios

    try:
        rows, columns = map(int, size.split())
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    except (OSError, ValueError, struct.error):
        return


class JobProcess:
    """A running command: `outputs` maps what can be read to the kind of frame that it becomes."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, tty: bool, reads: bool, size: bytes
    ) -> None:
        self.outputs: dict[int, bytes] = {}
        self.input = self.terminal = -1
        self.stdin = StdinBuffer()
        self._exit_code: int | None = None
        path = find_program(argv[0], env.get("PATH", SYSTEM_PATH), cwd)
        self._pid = (
            self._on_terminal(path, argv, env, cwd, size)
            if tty
            else self._on_pipes(path, argv, env, cwd, reads)
        )

    def _on_pipes(self, path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str, reads: bool) -> int:
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        in_end = os.open(os.devnull, os.O_RDONLY)
        if reads:
            os.close(in_end)
            in_end, self.input = os.pipe()
        self.outputs = {out: frames.OUT, err: frames.ERR}
        for fd in (out, err, self.input):
            if fd >= 0:
                os.set_blocking(fd, False)
        try:
            streams = [(os.POSIX_SPAWN_DUP2, end, fd) for fd, end in enumerate((in_end, out_end, err_end))]
            return spawn(path, argv, env, cwd, streams)
        finally:
            for fd in (in_end, out_end, err_end):
                os.close(fd)

    def _on_terminal(
        self, path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str, size: bytes
    ) -> int:
        self.terminal, inner = os.openpty()
        resize(self.terminal, size)
        self.outputs, self.input = {self.terminal: frames.OUT}, self.terminal
        os.set_blocking(self.terminal, False)
        # The leader of a new session that opens a terminal gets it as its controlling one: Ctrl-C works.
        opened = (os.POSIX_SPAWN_OPEN, 0, os.ttyname(inner), os.O_RDWR, 0)
        try:
            streams = [opened, (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)]
            return spawn(path, argv, env, cwd, streams)
        finally:
            os.close(inner)

    def signal(self, number: int) -> None:
        """Signal the command with all its children, a terminal's foreground included."""
        group = self._pid
        try:
            if self.terminal >= 0 and number != signal.SIGKILL:
                group = os.tcgetpgrp(self.terminal)
            os.killpg(group, number)
        except OSError:
            return  # it has ended

    def feed(self) -> bool:
        """Give it some of its input; tell whether more is waiting."""
        if self.input < 0:
            return False
        try:
            self.stdin.taken(os.write(self.input, self.stdin.peek()))
        except BlockingIOError:
            pass
        except OSError:
            self.close_input()  # it has closed its stdin
        if not self.stdin.size and self.stdin.ended:
            self.close_input()
        return self.input >= 0 and self.stdin.size > 0

    def close_input(self) -> None:
        """End its input: a terminal gets the character for it."""
        if self.terminal >= 0:
            try:
                os.write(self.terminal, b"\x04")
            except OSError:
                pass
        elif self.input >= 0:
            os.close(self.input)
            self.input = -1
        self.stdin.drop()

    def close_outputs(self) -> None:
        """Read no more: what it writes from now on fails, as into any closed pipe."""
        for fd in self.outputs:
            if fd != self.terminal:
                os.close(fd)

    def exit_code(self) -> int | None:
        """Return its exit code once it has ended: 128 + N for signal N, as in a shell."""
        if self._exit_code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if pid else 0
            self._exit_code = (code if code >= 0 else 128 - code) if pid else None
        return self._exit_code


def find_program(name: str, path: str, cwd: str) -> str:
    """Return the file of a program as execvpe finds it: posix_spawnp would look at our own PATH.

    Raises:
        FileNotFoundError: there is none.
        PermissionError: there is one that may not be run.
    """
    if "/" in name:
        return name
    refused = False
    for directory in path.split(os.pathsep):
        file = os.path.join(cwd, directory, name)
        if os.path.isfile(file):
            if os.access(file, os.X_OK):
                return file
            refused = True
    raise (
        PermissionError(13, "Permission denied", name) if refused else FileNotFoundError(2, "not found", name)
    )


def spawn(
    path: str, argv: Sequence[str], env: Mapping[str, str], cwd: str, streams: Sequence[tuple[Any, ...]]
) -> int:
    """Start it as the leader of a session; posix_spawn knows no working directory, so ours is changed."""
    os.chdir(cwd)
    try:
        # Python ignores the first two, a shell in whose background we began the others; the command must not.
        default = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT]
        return os.posix_spawn(
            path, list(argv), dict(env), file_actions=streams, setsid=True, setsigdef=default
        )
    finally:
        os.chdir("/")  # a directory that is somebody's directory cannot be unmounted
