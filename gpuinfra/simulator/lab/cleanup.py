"""Outlives a lab, however it ended, and removes what no kernel removes: its files and its cgroups."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from gpuinfra.simulator.client import PATIENCE_S
from gpuinfra.simulator.lab.machines.host import remove_cgroup
from gpuinfra.simulator.lab.requirements import remover


def clean(directory: Path, cgroup: Path) -> None:
    """Remove a lab's cgroup and files; its processes are dead or about to be."""
    remove_cgroup(cgroup, PATIENCE_S)
    subprocess.run([*remover(), str(directory)], check=False, stdin=subprocess.DEVNULL)


def main() -> None:
    """Wait until the keeper of the lab is gone, by the end of its pipe; then clean."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    order = json.loads(sys.stdin.readline() or "null")
    os.chdir("/")
    sys.stdin.read()
    if order:
        clean(Path(order["directory"]), Path(order["cgroup"]))


if __name__ == "__main__":
    main()
