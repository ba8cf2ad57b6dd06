"""Who works on the host at a terminal: what runs in front on each, our own jobs left out."""

from __future__ import annotations

import os
from pathlib import Path

PSEUDO_TERMINALS = range(136, 144)  # major numbers, Linux: Documentation/admin-guide/devices.txt
JOBS = "gpuinfra/host/jobs"  # in the command line of what starts jobs


def in_use(proc: Path = Path("/proc")) -> list[str]:
    """Return the command in front on each pseudo-terminal, but for those that a job of ours made."""
    every = {int(path.name): stat for path in proc.glob("[0-9]*") if (stat := _stat(path))}
    leaders = {pid: s for pid, s in every.items() if s[2] == pid and os.major(s[3]) in PSEUDO_TERMINALS}
    ours = {pid for pid, s in leaders.items() if JOBS in _command(proc, s[0])}
    return sorted(
        _command(proc, s[4]) or _command(proc, pid) for pid, s in leaders.items() if pid not in ours
    )


def _stat(path: Path) -> tuple[int, ...] | None:
    """Return parent, process group, session, terminal and the group in front (proc(5))."""
    try:
        fields = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return tuple(map(int, fields[1:6]))


def _command(proc: Path, pid: int) -> str:
    try:
        words = (proc / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return ""
    return " ".join(words).strip()[:80]
