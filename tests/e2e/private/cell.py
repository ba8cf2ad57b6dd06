"""A user's project beside a private host."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.lab.door import Lab
from tests.e2e.cli import Cli

PATIENCE_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Cell(Cli):
    """The command line in a lab whose Session Manager is the fake."""

    lab: Lab

    def inside(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Run any program where the user sits."""
        return self.lab.run(argv, env=self.env, cwd=self.project)

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        """Run Python where the user sits."""
        return self.inside(sys.executable, "-c", code)

    def sessions(self) -> dict[str, int]:
        """Return what the fake Session Manager has seen."""
        url = self.env["AWS_ENDPOINT_URL_SSM"]
        done = self.python(f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())")
        return dict(json.loads(done.stdout))


def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(0.1)


def interrupt(process: "subprocess.Popen[str]") -> int:
    """Press Ctrl-C on what was started inside, wait, and return its exit code."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    os.kill(int(children.read_text().split()[0]), signal.SIGINT)
    process.communicate(timeout=20)
    return process.returncode
