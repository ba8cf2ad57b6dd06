"""How often Terraform is started (it hashes 700 MB of provider each time), and what `allow` touches."""

import dataclasses
import os
import signal
import subprocess
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from gpuinfra.tools.terraform import binary
from tests.e2e.cli import Cli
from tests.e2e.conftest import ROOT
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e
READ_ONLY = ("Describe", "Get", "List")


class Shim:
    """A `terraform` first on PATH that notes its arguments and becomes the real one."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "starts"
        program = directory / "bin" / "terraform"
        program.parent.mkdir()
        real = binary.find(ROOT / ".tools", os.environ)
        program.write_text(f'#!/bin/sh\necho "$1" >>"{self._log}"\nexec "{real}" "$@"\n')
        program.chmod(0o755)
        self.path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"

    def starts(self) -> list[str]:
        """Return the commands since the last call; `version` loads no provider and does not count."""
        seen = self._log.read_text().split() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return [command for command in seen if command != "version"]


def test_starts(fresh: Cli, sim: Simulator, provider: dict[str, str], tmp_path: Path) -> None:
    """The first `up` inits and applies, the next only plans, reads start nothing; `allow` changes rules."""
    shim = Shim(tmp_path)
    cli = Cli(project=fresh.project, env={**fresh.env, "PATH": shim.path})
    cli.ok("up", "--yes")  # with a provider that Terraform installs and starts, as a user's does
    assert shim.starts() == ["init", "apply"]
    cli = dataclasses.replace(cli, env={**cli.env, **provider})
    again = cli.run("up", "--yes")
    assert (again.returncode, shim.starts()) == (0, ["plan"])
    assert "up to date" in again.stderr

    for command in (("ip",), ("status",), ("output",), ("output", "instance_id")):
        assert cli.ok(*command)
    _ssh_waits_for_the_key(cli)
    assert shim.starts() == []

    before = len(sim.calls())
    sim.caller_ip("52.94.76.99")
    assert cli.ok("allow") == "52.94.76.99/32\n"
    assert shim.starts() == ["apply", "apply"], "the new rule is there before the old one goes"
    changed = {c.action for c in sim.calls()[before:] if not c.action.startswith(READ_ONLY)}
    assert changed == {"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"}
    assert cli.json("output", "allowed_cidrs") == ["52.94.76.99/32"]
    assert cli.json("plan") == {"changes": [], "outputs_changed": False}


def _ssh_waits_for_the_key(cli: Cli) -> None:
    """Open ssh until it waits for the host's key, then press Ctrl-C."""
    process: subprocess.Popen[str] = cli.start("ssh")
    assert process.stderr is not None
    while "to print its keys" not in (line := process.stderr.readline()):
        assert line, "ssh ended"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
