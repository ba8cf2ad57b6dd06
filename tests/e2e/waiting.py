"""Waiting for what a test needs to be true, and signals to what runs inside a lab."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


def wait_until(
    true: Callable[[], Any],
    what: str,
    timeout_s: float = PATIENCE_S,
    more: Callable[[], object] = lambda: "",
) -> Any:
    """Poll until something is true and return it; `more` is shown if it never is."""
    deadline = time.monotonic() + timeout_s
    while not (got := true()):
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s for {what} {more()}"
        time.sleep(0.05)
    return got


def signal_inside(process: "subprocess.Popen[str]", number: int) -> None:
    """Send a signal to the command itself, not to the program that brought it into the lab."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for pid in wait_until(children.read_text, "the command to start").split():
        os.kill(int(pid), number)
