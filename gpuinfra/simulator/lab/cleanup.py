"""The process that outlives a lab, however that ended, and removes its files and its cgroups."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from gpuinfra.simulator.client import PATIENCE_S
from gpuinfra.simulator.lab.machines.host import remove_cgroup
from gpuinfra.simulator.lab.requirements import remover


def remove_lab(directory: Path, cgroup: Path) -> None:
    """Remove a lab's cgroup and files; its processes are dead or about to be."""
    remove_cgroup(cgroup, PATIENCE_S)
    subprocess.run([*remover(), str(directory)], check=False, stdin=subprocess.DEVNULL)


def main() -> None:
    """Read what to remove, wait until the lab's process is gone, then remove it.

    That process holds the other end of stdin and never writes more: the end of stdin is its end, kill -9
    included.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lab = json.loads(sys.stdin.readline() or "null")
    os.chdir("/")
    sys.stdin.read()
    if lab:
        remove_lab(Path(lab["directory"]), Path(lab["cgroup"]))


if __name__ == "__main__":
    main()
