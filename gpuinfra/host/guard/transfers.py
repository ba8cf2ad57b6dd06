"""On the host: bytes of ssh connections that run a command without a terminal: rsync, scp, an editor.

An idle master and a tunnel that nobody uses have no such child, and keep-alives alone are 400 bytes a minute.
The title of sshd ("user@notty") stays as it was once, so children are looked at, not titles.
"""

from __future__ import annotations

import os
import re
import subprocess
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ARGV = ("ss", "-tinpHO", "state", "established", "( sport = :22 )")
TIMEOUT_S = 10.0
WINDOW_S = 60.0
PID = re.compile(r"pid=(\d+)")
BYTES = re.compile(r"bytes_(?:received|sent):(\d+)")
JOBS, UNIT = b"gpuinfra/host/jobs/__main__.py", b"/gpuinfra-job-"


class Transfers:
    """Remembers what each connection had carried, up to a minute ago."""

    def __init__(self) -> None:
        self._past: dict[int, list[tuple[float, int]]] = {}

    def most_bytes(self, processes: list[Process], answer: str, now_s: float) -> int:
        """Return the bytes that the busiest connection with such a command has carried in the last minute."""
        seen, most = {}, 0
        for line in answer.splitlines():
            pids = {int(pid) for pid in PID.findall(line)}
            if not pids:
                continue
            total = sum(map(int, BYTES.findall(line)))
            past = [one for one in self._past.get(min(pids), []) if now_s - one[0] <= WINDOW_S]
            seen[min(pids)] = past = [*past, (now_s, total)]
            if any(one.parent in pids and one.pid not in pids and not one.terminal for one in processes):
                most = max(most, total - past[0][1])
        self._past = seen
        return most


class Process:
    """One process; terminal 0: it has none."""

    def __init__(self, pid: int, parent: int, session: int, terminal: int) -> None:
        self.pid, self.parent, self.session, self.terminal = pid, parent, session, terminal


def processes() -> list[Process]:
    """Return all processes (proc(5): stat)."""
    return list(_processes())


def _processes() -> Iterator[Process]:
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            yield Process(int(name), int(fields[1]), int(fields[3]), int(fields[4]))
        except (OSError, IndexError, ValueError):
            continue  # it has just ended


def connections() -> str:
    """Return what `ss` says of the connections to sshd."""
    return subprocess.check_output(ARGV, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)


def runs(every: list[Process]) -> list[int]:
    """Return the supervisors of commands of `gpuinfra run`, attached or left, but for those at a terminal.

    A supervisor leads a session of its own without a terminal (host/jobs/lifecycle.detach); a command that
    has a terminal is judged by what is typed there, as a shell is. Those of jobs are units, told by name.
    """
    leaders = [one for one in every if one.session == one.pid and not one.terminal and _is_jobs(one.pid)]
    leaders = [one for one in leaders if not _is_unit(one.pid)]
    at_terminal = {one.parent for one in every if one.terminal}
    return [one.pid for one in leaders if one.pid not in at_terminal]


def _is_jobs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return JOBS in file.read(4096)
    except OSError:
        return False


def _is_unit(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            return UNIT in file.read(4096)
    except OSError:
        return False


def now() -> float:
    """Return a time that only grows, in seconds."""
    return time.monotonic()
