"""A spot host from `up` to `down`, with an interruption in between; no machine behind it."""

from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli

pytestmark = pytest.mark.e2e


def test_a_spot_host_is_not_stopped_and_the_next_up_makes_another(sim: Simulator, cli: Cli) -> None:
    """What spot means is said; stop is refused before AWS is asked; after an interruption --yes suffices."""
    cli.edit('market = "on-demand"', 'market = "spot"')
    made = cli.run("up", "--yes")
    assert (made.returncode, "spot: EC2 may take the host back" in made.stderr) == (0, True), made.stderr
    first = cli.json("output")["instance_id"]
    stopped = cli.run("stop", "--yes")
    assert (stopped.returncode, "it cannot be stopped, only ended" in stopped.stderr) == (2, True)
    assert sim.calls("StopInstances") == []
    sim.interrupt(first, with_notice=False)
    told = cli.ok("status")
    assert "EC2 took the spot host back, and it said no last words" in told
    again = cli.run("up", "--yes")
    assert (again.returncode, f"the spot host {first} is gone" in again.stderr) == (0, True), again.stderr
    assert cli.json("output")["instance_id"] != first
    assert cli.json("plan")["changes"] == []
    cli.ok("down", "--yes")
    assert not Path(cli.directory, "restarts.json").exists()
    assert sim.leftovers() == {}
