"""The one door to long-running child processes; Ctrl-C reaches the child as exactly one SIGINT."""

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

log = logging.getLogger("gpuinfra.commands")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a child ended."""

    returncode: int
    interrupted: bool


def stream(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
    on_interrupt: Callable[[int], None],
) -> Ended:
    """Run a child and hand over its output line by line, stderr included.

    The child gets a session of its own, so that a Ctrl-C at the terminal reaches only us: the first one is
    passed on, the second is answered with a warning (`on_interrupt(2)`), the third is passed on as well.

    Raises:
        OSError: the program cannot be started.
    """
    log.info("%s", " ".join(argv))
    child = subprocess.Popen(
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        bufsize=1,
        start_new_session=True,
        umask=0o077,  # state, plan and lock files are for their owner only
    )
    presses = 0

    def forward(_signum: int, _frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        on_interrupt(presses)
        if presses != 2 and child.poll() is None:
            child.send_signal(signal.SIGINT)

    with child, _handling(forward):
        assert child.stdout is not None  # noqa: S101 - PIPE was asked for
        for line in child.stdout:
            on_line(line.rstrip("\n"))
        returncode = child.wait()
    return Ended(returncode=returncode, interrupted=presses > 0)


def capture(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a short child to its end and return what it printed."""
    log.info("%s", " ".join(argv))
    return subprocess.run(
        list(argv),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        umask=0o077,
    )


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the signals that end a program, for as long as a child runs."""
    if threading.current_thread() is not threading.main_thread() or os.name == "nt":
        yield  # only the main thread may set handlers
        return
    before = {s: signal.signal(s, handler) for s in FORWARDED}
    try:
        yield
    finally:
        for signum, old in before.items():
            signal.signal(signum, old)
