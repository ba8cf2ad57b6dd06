"""A person at a terminal: a command on a pty of its own, answered as it asks."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from types import TracebackType
from typing import Self

from tests.e2e.cli import Cli
from tests.processes import kill, signal_inside
from tests.waiting import PATIENCE_S

CTRL_C = "\x03"


def _take_terminal() -> None:
    """Make stdin the controlling terminal, so that Ctrl-C is a signal; runs in the child."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """One command on a terminal of so many lines and columns; `seen` is all that has been on its screen."""

    def __init__(self, cli: Cli, *args: str, size: tuple[int, int] = (24, 80), **env: str) -> None:
        self.seen = ""
        self._screen, inner = pty.openpty()
        termios.tcsetwinsize(inner, size)
        self._process = subprocess.Popen(
            cli.argv(*args),
            cwd=cli.project,
            env={**cli.env, "TERM": "xterm", **env},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(inner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        kill(self._process)
        os.close(self._screen)

    def until(self, text: str) -> None:
        """Wait until a text is on the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.seen}"
            assert self._read(), f"ended without {text!r}:\n{self.seen}"

    def until_prompt(self) -> None:
        """Wait until a question stands at the end of what is on the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._asks():
            assert time.monotonic() < deadline, f"it asks nothing:\n{self.seen}"
            assert self._read(), f"ended without a question:\n{self.seen}"

    def asks_again(self) -> bool:
        """Tell whether another question comes, once the last one was answered; False: it has ended."""
        before = len(self.seen)
        deadline = time.monotonic() + PATIENCE_S
        while self._read():
            assert time.monotonic() < deadline, f"it does not go on:\n{self.seen}"
            if "\n" in self.seen[before:] and self._asks():
                return True
        return False

    def _asks(self) -> bool:
        return self.seen.endswith(("[y/N] ", "to go on: "))

    def type(self, keys: str) -> None:
        """Type keys."""
        os.write(self._screen, keys.encode())

    def interrupt(self) -> None:
        """Send what Ctrl-C sends, to the command alone: the way into a lab would die of it and not wait."""
        signal_inside(self._process, signal.SIGINT)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self._read():
            assert time.monotonic() < deadline, f"it does not end:\n{self.seen}"
        return self._process.wait(timeout=PATIENCE_S)

    def _read(self) -> bool:
        """Take what is there, for at most a second; False when the command has closed the terminal."""
        if not select.select([self._screen], [], [], 1)[0]:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # EIO: Linux's way to say that the other side is closed
            return False
        self.seen += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)
