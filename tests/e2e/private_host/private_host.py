"""A user's project beside a private host."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass

from gpuinfra.simulator.lab.lab import Lab
from tests.e2e.cli import Cli
from tests.processes import signal_inside
from tests.waiting import PATIENCE_S


@dataclass(frozen=True, kw_only=True)
class PrivateHost(Cli):
    """The command line in a lab whose Session Manager is the fake."""

    lab: Lab

    def inside(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Run any program inside the lab, as the user would."""
        return self.lab.run(argv, env=self.env, cwd=self.project)

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        """Run Python inside the lab, as the user would."""
        return self.inside(sys.executable, "-c", code)

    def sessions(self) -> dict[str, int]:
        """Return what the fake Session Manager has seen."""
        url = self.env["AWS_ENDPOINT_URL_SSM"]
        done = self.python(f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())")
        return dict(json.loads(done.stdout))


def interrupt(process: "subprocess.Popen[str]") -> int:
    """Press Ctrl-C on what was started inside, wait, and return its exit code."""
    signal_inside(process, signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    return process.returncode
