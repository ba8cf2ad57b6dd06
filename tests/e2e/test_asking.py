"""The question before an apply, at a real terminal."""

import ipaddress
import re

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.e2e.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.e2e
QUESTION = "Apply this plan? [y/N] "


def test_no_ctrl_c_yes(cli: Cli, sim: Simulator) -> None:
    """No and Ctrl-C leave nothing; yes applies the plan that was shown, whatever was edited meanwhile."""
    plan = cli.directory / "gpuinfra.tfplan"
    for keys, exit_code, says in (("n\n", 130, "nothing was changed"), (CTRL_C, 130, "stopped by Ctrl-C")):
        with Terminal(cli, "up") as terminal:
            terminal.until(QUESTION)
            assert "+ host (EC2 instance)" in terminal.seen
            assert plan.stat().st_mode & 0o777 == 0o600
            terminal.type(keys)
            assert terminal.end() == exit_code
            assert says in terminal.seen
            assert "Traceback" not in terminal.seen
        assert not plan.exists()
        assert sim.leftovers() == {}

    with Terminal(cli, "up") as terminal:
        terminal.until(QUESTION)
        cli.edit('"g4dn.xlarge"', '"g4dn.2xlarge"')
        terminal.type("y\n")
        assert terminal.end() == 0
    assert ipaddress.ip_address(terminal.seen.strip().splitlines()[-1])
    assert [c.params["InstanceType"] for c in sim.calls("RunInstances")] == ["g4dn.xlarge"]
    assert not plan.exists()
    for path in (*cli.directory.glob("*.tfstate*"), cli.directory / "terraform.tfvars"):
        assert path.stat().st_mode & 0o777 == 0o600, path

    with Terminal(cli, "down") as terminal:
        terminal.until("[y/N] ")
        terminal.type("yes\n")
        assert terminal.end() == 0
    assert sim.leftovers() == {}


def test_no_terminal(cli: Cli, sim: Simulator) -> None:
    """Without a terminal and without --yes nothing is done; -v shows the commands so far."""
    done = cli.run("-v", "up")
    assert re.search(r"^\+ \S*terraform plan .*-json", done.stderr, re.MULTILINE)
    assert "# module.host.module.instance.aws_instance.this will be created" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert "  next: the same command with --yes" in done.stderr
    assert sim.leftovers() == {}
    assert not (cli.directory / "gpuinfra.tfplan").exists()


def test_a_zone_without_the_type_falls_away_before_the_question(cli: Cli, sim: Simulator) -> None:
    """As with --yes, where plan and apply are one; the second plan is about the zone that has it."""
    cli.edit("zones = null", 'zones = ["us-east-1e", "us-east-1b"]')
    with Terminal(cli, "up") as terminal:
        terminal.until(QUESTION)
        assert "g4dn.xlarge on-demand in us-east-1e: not offered there; next:" in terminal.seen
        terminal.type("y\n")
        assert terminal.end() == 0
    assert [call.params["Placement.AvailabilityZone"] for call in sim.calls("RunInstances")] == ["us-east-1b"]
    assert cli.json("plan") == {"changes": [], "outputs_changed": False}
