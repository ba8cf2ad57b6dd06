"""A stopped host comes back although its zone has no room: in another one, on the same disk, plan empty."""

from typing import Any

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e

NOTHING = {"changes": [], "outputs_changed": False}
OWN = "us-east-1a"


def stopped(cli: Cli, sim: Simulator) -> Any:
    """Make a host, stop it, and let its zone have no more; return what is recorded."""
    cli.ok("up", "--yes")
    cli.ok("stop", "--yes")
    sim.capacity(0, zone=OWN)
    return cli.json("output")


def hosts(sim: Simulator) -> dict[str, str]:
    """Return the state of each host that is not gone."""
    pages = client("ec2", sim).describe_instances()["Reservations"]
    found = {it["InstanceId"]: it["State"]["Name"] for page in pages for it in page["Instances"]}
    return {name: state for name, state in found.items() if state != "terminated"}


def test_a_host_comes_back_in_another_zone(cli: Cli, sim: Simulator) -> None:
    """Unasked it stays, as ever; with a yes its disk is copied, and the copy goes with down."""
    old = stopped(cli, sim)
    assert old["availability_zone"] == OWN
    refused(cli.run("start"), 4, "the host is stopped, its disk is safe", "next: gpuinfra start --yes")
    assert sim.calls("CreateImage") == []

    done = cli.run("start", "--yes")
    assert done.returncode == 0, done.stderr
    new = cli.json("output")
    assert new["availability_zone"] != OWN
    assert hosts(sim) == {new["instance_id"]: "running"}
    assert (new["image"], new["ami_name"], new["instance_type"]) == (
        old["image"],
        old["ami_name"],
        old["instance_type"],
    )
    assert cli.json("plan") == NOTHING
    left = sim.leftovers()
    assert (len(left["images"]), len(left["snapshots"])) == (1, 1), "nobody has proven the new host"
    spans = cli.json("cost")
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
