"""A stopped host comes back although its zone has no room, with its disk; the plan is empty afterwards."""

from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.processes import kill
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e

NOTHING = {"changes": [], "outputs_changed": False}
OWN = "us-east-1a"
G4, G5 = "g4dn.xlarge", "g5.xlarge"
HELD_S = 600.0


def made_and_stopped(cli: Cli) -> Any:
    """Make a host and stop it; return what is recorded."""
    cli.ok("up", "--yes")
    cli.ok("stop", "--yes")
    return cli.json("output")


def moved(cli: Cli, sim: Simulator, old: Any) -> Any:
    """Start the host elsewhere; check that it is the only one, on the same disk; return what is recorded."""
    done = cli.run("start", "--yes")
    assert done.returncode == 0, done.stderr
    new = cli.json("output")
    assert new["instance_id"] != old["instance_id"]
    assert hosts(sim) == {new["instance_id"]: "running"}
    assert disk(sim) == old["instance_id"]
    assert [new[name] for name in ("image", "ami_name")] == [old[name] for name in ("image", "ami_name")]
    assert cli.json("plan") == NOTHING
    return new


def hosts(sim: Simulator) -> dict[str, str]:
    """Return the state of each host that is not gone."""
    pages = client("ec2", sim).describe_instances()["Reservations"]
    found = {it["InstanceId"]: it["State"]["Name"] for page in pages for it in page["Instances"]}
    return {name: state for name, state in found.items() if state != "terminated"}


def disk(sim: Simulator) -> str:
    """Return whose disk the only copy has; it and its snapshot carry our tags."""
    ec2 = client("ec2", sim)
    (image,) = ec2.describe_images(Owners=["self"])["Images"]
    ours = [{"Name": "tag:gpuinfra:stack", "Values": ["default"]}]
    (snapshot,) = ec2.describe_snapshots(OwnerIds=["self"], Filters=ours)["Snapshots"]
    assert image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == snapshot["SnapshotId"]
    return str({tag["Key"]: tag["Value"] for tag in image["Tags"]}["gpuinfra:restore-of"])


def test_in_another_zone(stopped: Cli, sim: Simulator) -> None:
    """Unasked it stays, as ever; with a yes its disk is copied. Its costs go on; all goes with down."""
    cli, old = stopped, stopped.json("output")
    assert old["availability_zone"] == OWN
    sim.capacity(0, zone=OWN)
    refused(cli.run("start"), 4, "the host is stopped, its disk is safe", "next: gpuinfra start --yes")
    assert (sim.calls("CreateImage"), cli.json("plan")) == ([], NOTHING)
    before = cli.json("cost")
    new = moved(cli, sim, old)
    assert (new["availability_zone"] != OWN, new["instance_type"]) == (True, G4)
    assert cli.json("cost")["since"] == before["since"]
    assert cli.json("cost")["running_s"] >= before["running_s"]
    down = cli.run("down", "--yes")
    assert f"since {before['since']}" in down.stderr, "the receipt is of both hosts"
    assert sim.leftovers() == {}


def test_as_another_type_in_its_zone_or_in_another_zone(cli: Cli, sim: Simulator) -> None:
    """First what needs no copy, also where AWS finds out late; with nothing at all its copy is kept."""
    cli.edit("instance_types = null", f'instance_types = ["{G4}", "{G5}"]')
    old = made_and_stopped(cli)
    sim.capacity_late(instance_type=G4)
    cli.ok("start", "--yes")
    now = cli.json("output")
    assert (now["instance_id"], now["instance_type"]) == (old["instance_id"], G5)
    assert (cli.json("plan"), sim.calls("CreateImage")) == (NOTHING, [])

    cli.ok("stop", "--yes")
    sim.capacity(0)
    refused(
        cli.run("start", "--yes"), 4, "nowhere now", f"{G4} on-demand: no capacity", "is kept for the next"
    )
    assert (cli.json("output")["instance_type"], cli.json("plan")) == (G5, NOTHING)
    assert "gpuinfra start uses or deletes it" in cli.json("status")["copy"], "it costs money"
    sim.capacity(1, instance_type=G5, zone="us-east-1c")
    assert moved(cli, sim, old)["availability_zone"] == "us-east-1c"
    assert len(sim.calls("CreateImage")) == 1


def test_on_the_spot_market_where_no_zone_has_room(cli: Cli, sim: Simulator) -> None:
    """It is told before what that means, and its price; recorded, priced and ended as a spot host then.

    With its lease, which ends such a host: EC2 stops none. Back to on-demand goes nothing: it has no stop.
    """
    cli.edit('market = "on-demand"', 'market = "spot-then-on-demand"')
    cli.edit("max_hours = null", "max_hours = 5")
    sim.capacity(0, market="spot")
    old = made_and_stopped(cli)
    assert old["market"] == "on-demand"
    sim.clear_capacity()
    sim.capacity(0, market="on-demand")
    refused(cli.run("start"), 4, "next: gpuinfra start --yes")
    done = cli.run("start", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"{G4} spot in any zone, 0." in done.stderr
    assert "As a spot host it cannot be stopped, only ended, its disk with it" in done.stderr
    new = cli.json("output")
    assert (hosts(sim), disk(sim)) == ({new["instance_id"]: "running"}, old["instance_id"])
    assert {**new, **CHANGES} == {**old, **CHANGES, "market": "spot"}
    assert cli.json("plan") == NOTHING
    assert cli.json("status")["instance"]["market"] == "spot"
    assert "AWS terminates the spot host" in cli.ok("lease")
    assert {it["Target"]["Arn"].split(":")[-1] for it in schedules(sim)} == {"terminateInstances"}
    refused(cli.run("stop", "--yes"), 2, "is a spot host: it cannot be stopped", "next: gpuinfra down")
    cli.ok("start")
    assert cli.json("plan") == NOTHING
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


# What is another host's, and what it has of its place.
CHANGES = dict.fromkeys(
    (
        "instance_id",
        "instance_arn",
        "ami_id",
        "availability_zone",
        "public_ip",
        "private_ip",
        "root_volume_id",
    ),
    "",
)


def schedules(sim: Simulator) -> list[Any]:
    """Return the schedules of all leases."""
    scheduler = client("scheduler", sim)
    found = scheduler.list_schedules()["Schedules"]
    return [scheduler.get_schedule(Name=it["Name"], GroupName=it["GroupName"]) for it in found]


def test_a_host_that_aws_takes_back_before_it_runs(stopped: Cli, sim: Simulator) -> None:
    """The old one is the host again, in the record too: its plan is empty, and it starts where it is."""
    cli, old = stopped, stopped.json("output")
    sim.capacity_late()
    sim.capacity(0, zone=OWN)
    refused(cli.run("start", "--yes"), 4, "nowhere now", "no capacity")
    assert hosts(sim) == {old["instance_id"]: "stopped"}
    assert cli.json("plan") == NOTHING
    sim.clear_capacity()
    cli.ok("start")
    assert (hosts(sim), cli.json("plan")) == ({old["instance_id"]: "running"}, NOTHING)
    assert "images" not in sim.leftovers(), "a copy of what is older than the disk is of no use"


@pytest.mark.parametrize(("action", "image_s"), [("RunInstances", 0.0), ("CreateImage", HELD_S)])
def test_down_from_a_move_that_was_killed_starts_nothing(
    stopped: Cli, sim: Simulator, action: str, image_s: float
) -> None:
    """Old host, new host and copy go; a copy that EC2 still makes goes, too."""
    sim.capacity(0, zone=OWN)
    sim.images_take(image_s)
    sim.fault(Fault(match=action, after=True, delay_s=HELD_S))
    running = stopped.start("start", "--yes")
    sim.wait_for(lambda calls: any(call.action == action and call.fault for call in calls))
    kill(running)
    sim.clear_faults()
    before = len(sim.calls("StartInstances")) + len(sim.calls("RunInstances"))
    stopped.ok("down", "--yes")
    assert len(sim.calls("StartInstances")) + len(sim.calls("RunInstances")) == before
    assert sim.leftovers() == {}
