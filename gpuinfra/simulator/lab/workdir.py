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
from gpuinfra.simulator.lab.cleanup import remove_lab

PREFIX = "gpuinfra-lab-"
_LOCK_FILE, _CLEANUP_FILE = "lab.lock", "cleanup.json"


@contextmanager
def lab_workdir() -> Iterator[tuple[Path, Path]]:
    """Make both and yield them; they are removed when the block ends, or soon after this process dies."""
    sweep(Path(requirements.scratch_parent()))
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=requirements.scratch_parent()))
    cgroup = requirements.cgroup_root() / directory.name
    lab = {"directory": str(directory), "cgroup": str(cgroup)}
    with (directory / _LOCK_FILE).open("w") as lock, _cleanup_process(lab):
        fcntl.flock(lock, fcntl.LOCK_EX)
        (directory / _CLEANUP_FILE).write_text(json.dumps(lab), encoding="utf-8")
        cgroup.mkdir()
        yield directory, cgroup


def sweep(parent: Path) -> list[Path]:
    """Remove labs whose cleanup process was killed, too; returns their directories.

    A lock tells whether a lab still runs. A process id would not: in another pid namespace it looks dead.
    """
    dead = [it for it in parent.glob(f"{PREFIX}*") if it.stat().st_uid == os.geteuid() and _abandoned(it)]
    for directory in dead:
        try:
            lab = json.loads((directory / _CLEANUP_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:  # another lab that starts just now has swept it
            continue
        remove_lab(directory, Path(lab["cgroup"]))
    return dead


def _abandoned(directory: Path) -> bool:
    try:
        with (directory / _LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return (directory / _CLEANUP_FILE).exists()


@contextmanager
def _cleanup_process(lab: dict[str, str]) -> Iterator[None]:
    """Start the process that cleans up; it begins when this process closes the pipe, alive or dead."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gpuinfra.simulator.lab.cleanup"],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin  # noqa: S101  # for the type checker
    process.stdin.write(json.dumps(lab) + "\n")
    process.stdin.flush()
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
