"""The command line as a user runs it, in a project of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuinfra.simulator.lab.lab import Lab
from tests.fork_server import ForkServer
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S


@dataclass(frozen=True, kw_only=True)
class Cli:
    """Runs gpuinfra in one project, with one environment."""

    project: Path
    env: Mapping[str, str]
    lab: Lab | None = None  # where it runs; here, if None
    server: ForkServer | None = None  # what starts it, if its start is not what a test is about

    def run(self, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a terminal."""
        if self.server and self.server.can_run({**self.env, **env}):
            return self.server.run(*args, cwd=self.project, env={**self.env, **env}, stdin=stdin)
        return subprocess.run(
            self.argv(*args),
            cwd=self.project,
            env={**self.env, **env},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def ok(self, *args: str, stdin: str = "") -> str:
        """Run a command that must succeed; return its stdout."""
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def there(self, line: str) -> str:
        """Run a shell line on the host that must succeed; return what it printed."""
        return self.ok("ssh", "--", line).strip()

    def json(self, *args: str) -> Any:
        """Run a command with --json that must succeed; return what it printed."""
        return json.loads(self.ok(*args, "--json"))

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own, for tests that interrupt it."""
        return until_test_ends(
            subprocess.Popen(
                self.argv(*args),
                cwd=self.project,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )

    def argv(self, *args: str) -> list[str]:
        """Return the command line."""
        argv = [sys.executable, "-m", "gpuinfra", *args]
        return self.lab.command(argv, self.project) if self.lab else argv

    @property
    def directory(self) -> Path:
        """The default stack's directory."""
        return self.project / "terraform"

    def edit(self, old: str, new: str) -> None:
        """Edit terraform.tfvars as a user would."""
        path = self.directory / "terraform.tfvars"
        text = path.read_text()
        assert old in text, f"{old!r} is not in terraform.tfvars"
        path.write_text(text.replace(old, new))


def refused(done: "subprocess.CompletedProcess[str]", exit_code: int, *says: str) -> None:
    """Check how a command ended: its exit code, plain words, and nothing that only we understand."""
    assert done.returncode == exit_code, f"exit {done.returncode}\n{done.stderr}"
    for text in says:
        assert text in done.stderr, f"{text!r} is not in:\n{done.stderr}"
    assert done.stdout == "", "stdout is for results"
    for noise in ("Traceback", "api error", "RequestID", "\u2502"):
        assert noise not in done.stderr, f"{noise!r} is in:\n{done.stderr}"
