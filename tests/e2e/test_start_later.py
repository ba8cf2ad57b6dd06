"""A start that waits for capacity, by the command line against the simulated AWS."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
NO_CAPACITY = Fault(
    match="StartInstances", status=500, code="InsufficientInstanceCapacity", message="no g4dn", count=None
)


def test_aws_starts_the_host_and_no_stop_is_undone(stopped: Cli, sim: Simulator) -> None:
    """With no command of ours running: it waits, it starts; a stop afterwards stays, and nothing is left."""
    cli = stopped
    refused(cli.run("start", "--until", "2h"), 2, "--when-available")
    sim.fault(NO_CAPACITY)
    waiting = cli.json("start", "--when-available", "--until", "12h")
    assert waiting["host"] is None
    assert cli.json("status")["waits_until"] == waiting["waits_until"]
    assert "stopped (waits for capacity)" in cli.ok("list")
    sim.clear_faults()
    sim.schedules_ahead(301)
    wait_until(lambda: [it["state"] for it in sim.events()][-1:] == ["running"], "AWS starts it")
    assert sim.events()[-1]["by"] == "scheduler"
    client("ec2", sim).stop_instances(InstanceIds=[waiting["instance_id"]])
    sim.schedules_ahead(700)
    wait_until(lambda: "state_machines" not in sim.leftovers(), "what has tried is gone")
    sim.schedules_ahead(13 * 3600)
    assert sim.events()[-1]["state"] == "stopped"
    assert cli.json("plan")["changes"] == []
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}, "its role, too"


def test_stop_and_down_end_the_waiting(stopped: Cli, sim: Simulator) -> None:
    """`stop` leaves a stopped host; `down` nothing."""
    cli = stopped
    sim.fault(NO_CAPACITY)
    cli.ok("start", "--when-available", "--until", "2d")
    cli.ok("stop", "--yes")
    assert cli.json("status")["waits_until"] == ""
    assert "state_machines" not in sim.leftovers()
    cli.ok("start", "--when-available", "--until", "2d")
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
