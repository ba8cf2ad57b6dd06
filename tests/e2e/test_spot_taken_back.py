"""A spot host from `up` to `down`, with an interruption in between; no machine behind it."""

from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

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
    assert "instance-terminated-no-capacity" in told
    again = cli.run("up", "--yes")
    assert (again.returncode, f"the spot host {first} is gone" in again.stderr) == (0, True), again.stderr
    assert cli.json("output")["instance_id"] != first
    assert cli.json("plan")["changes"] == []
    cli.ok("down", "--yes")
    assert not Path(cli.directory, "restarts.json").exists()
    assert sim.leftovers() == {}


def test_a_price_above_max_price_ends_the_host_and_is_told(sim: Simulator, cli: Cli) -> None:
    """Also what helps: another `up` would be refused; with a higher max_price it makes a host."""
    cli.edit('market = "on-demand"', 'market = "spot"')
    cli.edit("max_price = null", "max_price = 0.4")
    cli.ok("up", "--yes")
    host = cli.json("output")
    for zone in "abcdf":
        sim.spot_price(host["instance_type"], f"us-east-1{zone}", 0.45, notice_s=0.1)
    sim.wait_for(lambda _: sim.events()[-1]["state"] == "terminated")
    told = cli.ok("status")
    assert "its price rose above max_price" in told
    assert "raise that or change market in terraform.tfvars, then gpuinfra up" in told
    refused(cli.run("up", "--yes"), 4, "max_price")
    cli.edit("max_price = 0.4", "max_price = 0.5")
    cli.ok("up", "--yes")
    assert cli.json("output")["instance_id"] != host["instance_id"]
