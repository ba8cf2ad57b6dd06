"""Tells a person that a long wait goes on. Standard library only: set-up uses it before .venv exists."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

AT_TERMINAL_S, IN_LOG_S = 1.0, 15.0


@contextmanager
def ticking(
    what: str,
    stream: TextIO | None = None,
    *,
    at_terminal_s: float = AT_TERMINAL_S,
    in_log_s: float = IN_LOG_S,
) -> Iterator[None]:
    """Say on stderr what is waited for, and how many seconds it has taken, until the block ends.

    At a terminal one line counts the seconds; in a log a line now and then says them.
    """
    out = stream or sys.stderr
    is_terminal = out.isatty()
    every_s = at_terminal_s if is_terminal else in_log_s
    ended, began = threading.Event(), time.monotonic()

    def tick() -> None:
        while not ended.wait(every_s):
            seconds = f"{what} ... {time.monotonic() - began:.0f} s"
            _say(out, f"\r{seconds}" if is_terminal else f"{seconds}\n")

    _say(out, f"{what} ..." if is_terminal else f"{what} ...\n")
    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        ended.set()
        ticker.join()
        if is_terminal:
            _say(out, "\n")


def _say(out: TextIO, text: str) -> None:
    out.write(text)
    out.flush()
