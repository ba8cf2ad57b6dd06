"""Processes that tests start: signals to them, and their end, which comes however the test ends."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import AnyStr

from tests.waiting import wait_until

_started: "list[subprocess.Popen[str] | subprocess.Popen[bytes]]" = []


def until_test_ends(process: "subprocess.Popen[AnyStr]") -> "subprocess.Popen[AnyStr]":
    """Return the process; what is left of it when the test has ended is killed."""
    _started.append(process)
    return process


def end_all() -> None:
    """kill -9 what the test that ends now has started, and close its pipes."""
    while _started:
        kill(_started.pop())


def kill(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """kill -9 a process and all that it has started, also in sessions of their own; wait for it."""
    if process.poll() is None:
        for pid in [process.pid, *descendants(process.pid)]:
            send(pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def is_running(pid: int) -> bool:
    """Tell whether there is such a process, and it is more than its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def signal_inside(process: "subprocess.Popen[str] | subprocess.Popen[bytes]", number: int) -> None:
    """Send a signal to the command itself, not to the program that brought it into the lab."""
    for pid in wait_until(lambda: list(_children(process.pid)), "the command to start"):
        os.kill(pid, number)


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started."""
    return [it for child in _children(pid) for it in (child, *descendants(child))]


def _children(pid: int) -> Iterator[int]:
    """Yield what any thread of a process has started: Terraform's provider is the child of one."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):  # none where this is no Linux
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            yield from map(int, file.read_text().split())
