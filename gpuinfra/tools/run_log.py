"""What a command that takes long has told, kept until the next one; `status` names that of a killed one."""

import atexit
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

ENDED = "ended"


class RunLog:
    """A log file (0600), begun once something takes long; what was told before is in it, too.

    A disk that is full, or a folder that cannot be written, ends no command: then there is no log.
    """

    def __init__(self, path: Path, command: str) -> None:
        self._path, self._command = path, command
        self._before: list[str] = []
        self._file: IO[str] | None = None

    def line(self, text: str) -> None:
        """Keep a line."""
        if not self._file:
            self._before.append(text)
            return
        with suppress(OSError):
            self._file.write(f"{_now()}  {text}\n")

    def begin(self) -> None:
        """Write from now on; the log of the last command goes."""
        if self._file:
            return
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(number, "w", buffering=1, encoding="utf-8", errors="replace")
            self._file.write(f"{os.getpid()} {self._command}\n")
            for text in self._before:
                self.line(text)
            atexit.register(self.line, ENDED)

    def cut_off(self) -> str:
        """Return what the last command was, and where its log is, if it was killed; else nothing."""
        try:
            first, *_, last = [*self._path.read_text(encoding="utf-8").splitlines(), ""][:-1] or ["0 ", ""]
            number, _, command = first.partition(" ")
            if last.endswith(f"  {ENDED}") or not command or _runs(int(number)):
                return ""
        except (OSError, ValueError, OverflowError):
            return ""
        return f"gpuinfra {command} did not come to its end; what it did: {self._path}"


def command_words(argv: list[str] = sys.argv) -> str:
    """Return the names of the command, without what was given to it: that may be anything."""
    return " ".join(argv[1:3] if argv[1:2] in (["env"], ["sync"]) else argv[1:2])


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
