"""The one door to other programs: no other module starts one, so that `-v` shows every command.

run: a short child, its words returned. stream: Terraform, line by line; Ctrl-C reaches it as exactly one
SIGINT. start: a child that its caller talks to itself. become: this process is replaced.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.verbose import note

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PIPE, DEVNULL, TimeoutExpired = subprocess.PIPE, subprocess.DEVNULL, subprocess.TimeoutExpired
Child = subprocess.Popen[bytes]


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
    note(argv)
    interrupts = _Interrupts(on_interrupt)
    with _handling(interrupts):  # before the start, or a Ctrl-C in between would leave the child alone
        with _started(argv, cwd, env) as child:
            interrupts.attach(child)
            _drain(child, on_line)
        return Ended(returncode=child.returncode, interrupted=interrupts.presses > 0)


class _Interrupts:
    """Passes signals on to the child: exactly one for a first Ctrl-C."""

    def __init__(self, on_interrupt: Callable[[int], None]) -> None:
        self.presses = 0
        self._on_interrupt = on_interrupt
        self._child: subprocess.Popen[str] | None = None

    def attach(self, child: "subprocess.Popen[str]") -> None:
        """Take the child; a Ctrl-C that came while it started is passed on now."""
        self._child = child
        if self.presses:
            child.send_signal(signal.SIGINT)

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        """Handle one signal."""
        self.presses += 1
        if self.presses != 2 and self._child is not None:
            self._child.send_signal(signal.SIGINT)  # does nothing when it has ended
        with suppress(OSError):  # the terminal may be gone; the child still has to be waited for
            self._on_interrupt(self.presses)


def _started(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
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


def _drain(child: "subprocess.Popen[str]", on_line: Callable[[str], None]) -> None:
    """Read to the end, or Terraform could not save its state; an error of ours ends it as Ctrl-C does."""
    failure: Exception | None = None
    assert child.stdout is not None  # noqa: S101 - PIPE was asked for
    for line in child.stdout:
        if failure is None:
            try:
                on_line(line.rstrip("\n"))
            except Exception as error:
                failure = error
                if isinstance(error, GpuInfraError):
                    child.send_signal(signal.SIGINT)
    child.wait()
    if failure:
        raise failure


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a short child ended, and what it printed; bytes that are no UTF-8 are replaced."""

    returncode: int
    stdout: str
    stderr: str


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    given: bytes = b"",
    timeout_s: float | None = None,
) -> Completed:
    """Run a short child to its end; `given` is its stdin.

    What it writes is for its owner only (umask 077).

    Raises:
        OSError: the program cannot be started.
        TimeoutError: it has not ended in time, and has been killed.
    """
    note(argv)
    try:
        done = subprocess.run(
            list(argv),
            cwd=cwd,
            env=None if env is None else dict(env),
            input=given,
            stdout=PIPE,
            stderr=PIPE,
            timeout=timeout_s,
            check=False,
            umask=0o077,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{argv[0]} has not ended within {timeout_s:g} s") from None
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Completed(returncode=done.returncode, stdout=out, stderr=err)


def start(argv: Sequence[str], *, env: Mapping[str, str] | None = None, **streams: Any) -> Child:
    """Start a child whose streams (stdin, stdout, stderr: PIPE, DEVNULL or a file) its caller handles.

    Raises:
        OSError: the program cannot be started.
    """
    note(argv)
    return subprocess.Popen(list(argv), env=None if env is None else dict(env), **streams)


def become(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process by another program, whose exit code is ours then; raises OSError."""
    note(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(argv[0], list(argv), dict(environ or os.environ))  # noqa: S606 - an argv list, no shell


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
