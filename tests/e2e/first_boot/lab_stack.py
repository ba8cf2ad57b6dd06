"""One user's clone in a lab: the command line, the hosts of its stacks, and what else reaches them."""

import dataclasses
import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuinfra.simulator.lab.lab import Lab
from tests.e2e.cli import Cli
from tests.simulator.aws import client
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


@dataclass(frozen=True, kw_only=True)
class LabStack:
    """A clone, a stack in it, and a machine to use it from (`home`: its state and cache)."""

    lab: Lab
    cli: Cli
    home: Path
    stack: str = "default"

    @property
    def ec2(self) -> "EC2Client":
        """Return a client of the lab's API, from outside."""
        made: EC2Client = client("ec2", self.lab.simulator)
        return made

    @property
    def directory(self) -> Path:
        """Return the stack's directory."""
        named = self.cli.directory / "stacks" / self.stack
        return self.cli.directory if self.stack == "default" else named

    @property
    def recorded(self) -> dict[str, Any]:
        """Return the recorded outputs."""
        outputs = json.loads((self.directory / "terraform.tfstate").read_text())["outputs"]
        return {name: output["value"] for name, output in outputs.items()}

    @property
    def id(self) -> str:
        """Return the instance id."""
        return str(self.recorded["instance_id"])

    @property
    def pin(self) -> Path:
        """Return the file with the host's pinned keys."""
        return self.home / "state" / "gpuinfra" / "hosts" / self.id

    def elsewhere(self, home: Path) -> "LabStack":
        """Return the same clone as another machine sees it, which knows no key yet."""
        state = {"XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache")}
        return dataclasses.replace(self, home=home, cli=self._cli({**self.cli.env, **state}))

    def other(self, stack: str, **env: str) -> "LabStack":
        """Return another stack of the same clone."""
        return dataclasses.replace(
            self, stack=stack, cli=self._cli({**self.cli.env, "GPUINFRA_STACK": stack, **env})
        )

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """Run gpuinfra to its end."""
        return self.cli.run(*args)

    def ssh(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on the host."""
        return self.cli.run("ssh", "--", *command)

    def on_host(self, command: str) -> str:
        """Run a command on the host that must succeed; return what it said."""
        done = self.ssh(command)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pipe(self, data: bytes, *command: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a command on the host with this on its stdin."""
        argv = self.cli.argv("ssh", "--", *command)
        return subprocess.run(
            argv,
            cwd=self.cli.project,
            env=dict(self.cli.env),
            input=data,
            capture_output=True,
            timeout=PATIENCE_S,
        )

    def tool(self, *argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run any other program of this machine in the lab."""
        return self.lab.run(argv, env={**self.cli.env, **env}, cwd=self.cli.project)

    def disconnect(self) -> None:
        """End the shared connection, so that the next command has to make a new one."""
        conf = self.pin.with_suffix(".conf")
        self.tool("ssh", "-F", str(conf), "-O", "exit", f"gpuinfra-{self.stack}")

    def _cli(self, env: Any) -> Cli:
        return Cli(project=self.cli.project, env=env, lab=self.lab)


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    """Read a command's stderr until a text is in it; return what was read."""
    assert process.stderr
    seen, give_up = "", threading.Timer(PATIENCE_S, process.kill)
    give_up.start()
    try:
        while text not in seen:
            line = process.stderr.readline()
            assert line, f"ended without {text!r}:\n{seen}"
            seen += line
    finally:
        give_up.cancel()
    return seen
