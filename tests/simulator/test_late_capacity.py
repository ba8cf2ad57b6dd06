"""EC2 says yes and finds out a moment later that it has no capacity: no host runs, and the reason is told."""

from typing import TYPE_CHECKING

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import describe, launch
from tests.simulator.test_capacity import TYPE, in_zone
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def test_a_lack_that_is_found_late_ends_the_pending_host(sim: Simulator, ec2: "EC2Client") -> None:
    """RunInstances says yes; the reason is in the host's state afterwards, and no host ran."""
    sim.capacity_late(instance_type=TYPE, zone="us-east-1a")
    made = launch(ec2)
    seen = {made["State"]["Name"]}

    def ended() -> bool:
        seen.add(describe(ec2, made["InstanceId"])["State"]["Name"])
        return "terminated" in seen

    wait_until(ended, "the end of a host without capacity")
    assert seen <= {"pending", "terminated"}
    assert describe(ec2, made["InstanceId"])["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"
    assert [event["state"] for event in sim.events()] == ["terminated"]
    assert launch(ec2, **in_zone("us-east-1b"))["State"]["Name"] == "running"


def test_a_lack_that_is_found_late_stops_a_host_that_was_to_start(sim: Simulator, ec2: "EC2Client") -> None:
    """StartInstances says yes; the host is stopped again, no machine has run, and the reason is told."""
    made = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[made])
    sim.capacity_late(instance_type=TYPE)
    ec2.start_instances(InstanceIds=[made])
    seen = [describe(ec2, made)["State"]["Name"]]

    def stopped() -> bool:
        seen.append(describe(ec2, made)["State"]["Name"])
        return seen[-1] == "stopped"

    wait_until(stopped, "the stop of a host without capacity")
    assert set(seen) == {"pending", "stopped"}
    assert describe(ec2, made)["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"
    assert [event["state"] for event in sim.events()][:2] == ["running", "stopped"]
    assert "running" not in [event["state"] for event in sim.events()][1:]
    sim.clear_capacity()
    ec2.start_instances(InstanceIds=[made])
    assert describe(ec2, made)["State"]["Name"] == "running"
