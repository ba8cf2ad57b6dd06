"""The record of what exists: locked, empty, damaged."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e


def test_locked(cli: Cli, sim: Simulator) -> None:
    """A second run is told who works on the stack, and since when; the first is not disturbed."""
    sim.fault(Fault(match="RunInstances", delay_s=PATIENCE_S))
    first = cli.start("up", "--yes")
    sim.wait_for(lambda calls: any(c.action == "RunInstances" for c in calls))
    second = cli.run("up", "--yes")
    refused(second, 3, "error: another run is working on this stack:", "(OperationTypeApply), since 20", "@")
    assert "  next: wait for it" in second.stderr
    assert cli.run("ip").returncode == 5

    sim.clear_faults()
    stdout, stderr = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0, stderr
    assert stdout.strip() == cli.ok("ip").strip()
    assert len(sim.calls("RunInstances")) == 1


COMMANDS = (("ip",), ("status",), ("output",), ("plan",), ("up", "--yes"), ("down", "--yes"), ("allow",))


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty (0 bytes)"), ('{"version": 4, "terr', "is damaged"), ('{"version": 3}', "version: 3")],
    ids=["empty", "cut off", "old"],
)
def test_damaged(text: str, says: str, cli: Cli, sim: Simulator) -> None:
    """No command trusts a damaged state: Terraform would take an empty one for "nothing exists"."""
    state = cli.directory / "terraform.tfstate"
    state.write_text(text)
    for command in COMMANDS:
        refused(cli.run(*command), 2, "error: the state file", says, "  next: gpuinfra recover")
    assert state.read_text() == text
    assert sim.calls("RunInstances") == []
