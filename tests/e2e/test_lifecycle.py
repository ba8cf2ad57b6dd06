"""A host's whole life, by real Terraform against the simulated EC2: its plan is empty after each step."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e

NOTHING = {"changes": [], "outputs_changed": False}


def agree(cli: Cli, state: str, instance_type: str) -> None:
    """Check that EC2, record, file and plan say the same."""
    assert cli.json("plan") == NOTHING
    (row,) = cli.json("list")
    assert (row["state"], row["instance_type"]) == (state, instance_type)
    assert cli.json("output")["instance_type"] == instance_type
    assert f'instance_type = "{instance_type}"' in (cli.directory / "terraform.tfvars").read_text()


def test_stop_start_resize(living: Cli, sim: Simulator) -> None:
    """The disk is kept through all of it, the address followed, and what EC2 refuses is taken back."""
    cli, made = living, living.json("output")

    cli.ok("stop", "--yes")
    agree(cli, "stopped", "g4dn.xlarge")
    refused(cli.run("ip"), 5, "is stopped", "next: gpuinfra start")

    address = cli.ok("start").strip()
    assert cli.ok("ip").strip() == address
    agree(cli, "running", "g4dn.xlarge")

    cli.ok("resize", "g5.xlarge", "--yes")
    agree(cli, "running", "g5.xlarge")

    refused(cli.run("resize", "g5g.xlarge", "--yes"), 2, "it runs arm64, and the host's disk is for x86_64")
    sim.fault(Fault(match="StartInstances", code="InsufficientInstanceCapacity"))
    refused(
        cli.run("resize", "g6.xlarge", "--yes"),
        4,
        "AWS has no g6.xlarge in us-east-1 to give right now",
        "the host is a g5.xlarge again and runs",
        "next: gpuinfra resize g6.xlarge",
    )
    agree(cli, "running", "g5.xlarge")

    cli.ok("stop", "--yes")
    cli.ok("resize", "g4dn.xlarge", "--yes")
    agree(cli, "stopped", "g4dn.xlarge")
    sim.fault(Fault(match="StartInstances", code="InsufficientInstanceCapacity"))
    refused(
        cli.run("start"),
        4,
        "the host is stopped, its disk is safe",
        "next: gpuinfra start --yes   # moves it",
    )
    cli.ok("up", "--yes")
    agree(cli, "running", "g4dn.xlarge")

    now = cli.json("output")
    same = ("instance_id", "root_volume_id", "private_ip", "availability_zone")
    assert {name: now[name] for name in same} == {name: made[name] for name in same}
    ec2 = client("ec2", sim)
    for on in ({"DisableApiStop": {"Value": True}}, {"DisableApiTermination": {"Value": True}}):
        ec2.modify_instance_attribute(InstanceId=now["instance_id"], **on)
    refused(cli.run("stop", "--yes"), 4, "'disableApiStop'", "--no-disable-api-stop")
    refused(cli.run("down", "--yes"), 2, "is protected against termination", "with --yes --force")
    volume = ec2.create_volume(AvailabilityZone=now["availability_zone"], Size=500)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=now["instance_id"], Device="/dev/sdf")
    assert (
        f"left, not ours, and it goes on costing money: volume {volume}"
        in cli.run("down", "--yes", "--force").stderr
    )
