"""A lab's directory and cgroup: made, and removed however the lab ends."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.cleanup import clean

PREFIX = "gpuinfra-lab-"
_LOCK_FILE, _ORDER_FILE = "keeper.lock", "order.json"


@contextmanager
def premises() -> Iterator[tuple[Path, Path]]:
    """Make both; they are removed at the end of this block, or soon after the death of this process."""
    sweep(Path(requirements.scratch_parent()))
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=requirements.scratch_parent()))
    cgroup = requirements.cgroup_root() / directory.name
    order = {"directory": str(directory), "cgroup": str(cgroup)}
    with (directory / _LOCK_FILE).open("w") as lock, _janitor(order):
        fcntl.flock(lock, fcntl.LOCK_EX)
        (directory / _ORDER_FILE).write_text(json.dumps(order), encoding="utf-8")
        cgroup.mkdir()
        yield directory, cgroup


def sweep(parent: Path) -> list[Path]:
    """Clean up after labs whose janitor has been killed as well; returns what was cleaned.

    A lock tells the living from the dead, not a process id: those of another pid namespace look dead.
    """
    dead = [it for it in parent.glob(f"{PREFIX}*") if it.stat().st_uid == os.geteuid() and _abandoned(it)]
    for directory in dead:
        order = json.loads((directory / _ORDER_FILE).read_text(encoding="utf-8"))
        clean(directory, Path(order["cgroup"]))
    return dead


def _abandoned(directory: Path) -> bool:
    try:
        with (directory / _LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return (directory / _ORDER_FILE).exists()


@contextmanager
def _janitor(order: dict[str, str]) -> Iterator[None]:
    """Start the janitor; it begins its work when this process closes the pipe, alive or dead."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gpuinfra.simulator.lab.cleanup"],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin  # noqa: S101  # for the type checker
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
