"""stdin, stdout and stderr as a shell may give them: closed, full, or with a reader that has left.

Work in progress never ends because nobody can be told of it. Imports what Python's start has imported anyway.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# "a file is wrong": the one that stdout leads to
EXIT_UNWRITABLE = 2


class ReaderGone(BrokenPipeError):
    """Nobody reads stdout any more (`| head`): whoever reads no further has what they wanted."""


class Unwritable(Exception):
    """stdout cannot be written: a full disk, above all."""


def prepare() -> None:
    """Make the three streams safe to use.

    A closed one becomes /dev/null, before the next file that is opened takes its number. stderr never fails;
    stdout fails as ReaderGone or Unwritable, once.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _text(_Stdout(1, "w", closefd=False), sys.stdout)
    sys.stderr = _text(_Stderr(2, "w", closefd=False), sys.stderr, line_buffering=True)


def end(error: ReaderGone | Unwritable) -> int:
    """Tell what was not told, and return the exit code."""
    if isinstance(error, ReaderGone):
        return 0
    sys.stderr.write(f"error: stdout cannot be written: {error}; what was asked for is done, not shown\n")
    sys.stderr.write("  next: df -h   # if a disk is full, free some space; then: the same command again\n")
    return EXIT_UNWRITABLE


class _Stdout(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _to_nowhere(1)
            raise ReaderGone from None
        except OSError as error:
            _to_nowhere(1)
            raise Unwritable(error.strerror) from None


class _Stderr(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            _to_nowhere(2)
            return len(data)


def _to_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _text(raw: io.FileIO, like: Any, *, line_buffering: bool = False) -> Any:
    encoding, errors = (like.encoding, like.errors) if like else ("utf-8", "backslashreplace")
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding, errors, line_buffering=line_buffering or raw.isatty())
