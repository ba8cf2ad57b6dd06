"""Capacity reservations of the simulated EC2: described, held to, and a block's end carried out."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import describe, launch, refusal
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

NAME = "cr-0123456789abcdef0"
TARGET: Any = {
    "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": NAME}}
}
BLOCK: Any = {**TARGET, "InstanceMarketOptions": {"MarketType": "capacity-block"}}
EC2_ENDS_S = 1800


def state(ec2: "EC2Client") -> tuple[str, int]:
    """Return state and free places."""
    (found,) = ec2.describe_capacity_reservations(CapacityReservationIds=[NAME])["CapacityReservations"]
    return found["State"], found["AvailableInstanceCount"]


def test_a_reservation_has_its_place(sim: Simulator, ec2: "EC2Client") -> None:
    """Where nobody else gets a host; a stop gives the place back, a start takes it again."""
    sim.capacity(0)
    sim.reserve(NAME)
    assert refusal(ec2) == "InsufficientInstanceCapacity"
    made = launch(ec2, **TARGET)
    assert made["CapacityReservationSpecification"] == TARGET["CapacityReservationSpecification"]
    assert "InstanceLifecycle" not in made
    assert (state(ec2), refusal(ec2, **TARGET)) == (("active", 0), "ReservationCapacityExceeded")
    ec2.stop_instances(InstanceIds=[made["InstanceId"]])
    assert state(ec2) == ("active", 1)
    ec2.start_instances(InstanceIds=[made["InstanceId"]])
    assert state(ec2) == ("active", 0)


def test_a_block_says_so_in_the_lifecycle(sim: Simulator, ec2: "EC2Client") -> None:
    """It is a market of its own, and no spot request."""
    sim.reserve(NAME, block=True, ends_in_s=86400)
    made = launch(ec2, **BLOCK)
    assert made["InstanceLifecycle"] == "capacity-block"
    assert "SpotInstanceRequestId" not in made
    (found,) = ec2.describe_capacity_reservations()["CapacityReservations"]
    assert (found["ReservationType"], found["EndDateType"]) == ("capacity-block", "limited")
    assert abs(found["EndDate"] - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("reserved", "asked", "code"),
    [
        ({"begins_in_s": 3600}, BLOCK, "InvalidCapacityReservationState.PendingActivation"),
        ({"ends_in_s": -1}, BLOCK, "InvalidCapacityReservationState"),
        ({"state": "cancelled"}, BLOCK, "InvalidCapacityReservationState"),
        ({}, TARGET, "InvalidParameterValue"),
        ({"zone": "us-east-1b"}, BLOCK, "InvalidParameterValue"),
        ({"instance_type": "p5.48xlarge"}, BLOCK, "InvalidParameterValue"),
        ({"count": 0}, BLOCK, "ReservationCapacityExceeded"),
    ],
)
def test_what_does_not_fit_is_refused(
    sim: Simulator, ec2: "EC2Client", reserved: dict[str, Any], asked: Any, code: str
) -> None:
    """By its time, its state, its market, its zone, its type, its places."""
    sim.reserve(NAME, block=True, **reserved)
    assert refusal(ec2, **asked) == code


def test_one_that_is_not_there(ec2: "EC2Client") -> None:
    """Neither described nor launched into."""
    assert refusal(ec2, **TARGET) == "InvalidCapacityReservationId.NotFound"
    with pytest.raises(ClientError, match="does not exist"):
        ec2.describe_capacity_reservations(CapacityReservationIds=[NAME])
    assert ec2.describe_capacity_reservations()["CapacityReservations"] == []


def test_the_end_of_a_block_terminates_what_runs_in_it(sim: Simulator, ec2: "EC2Client") -> None:
    """Half an hour before; what is stopped stays, and what has nothing to do with it runs on."""
    sim.reserve(NAME, block=True, count=2, ends_in_s=86400)
    runs, stopped = (launch(ec2, **BLOCK)["InstanceId"] for _ in range(2))
    other = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[stopped])
    sim.reserve(NAME, block=True, count=2, ends_in_s=EC2_ENDS_S + 0.5)
    wait_until(lambda: describe(ec2, runs)["State"]["Name"] == "terminated", "the end of the block")
    assert [describe(ec2, it)["State"]["Name"] for it in (stopped, other)] == ["stopped", "running"]
    assert [event["by"] for event in sim.events() if event["state"] == "terminated"] == ["ec2"]


def test_a_block_that_was_extended_ends_later(sim: Simulator, ec2: "EC2Client") -> None:
    """The first end is none any more."""
    sim.reserve(NAME, block=True, ends_in_s=EC2_ENDS_S + 3)
    first = launch(ec2, **BLOCK)["InstanceId"]
    sim.reserve(NAME, block=True, ends_in_s=86400)
    sim.reserve("cr-0123456789abcdef1", block=True, ends_in_s=EC2_ENDS_S + 3)
    target = {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef1"}}
    later = launch(ec2, **{**BLOCK, "CapacityReservationSpecification": target})["InstanceId"]
    wait_until(lambda: describe(ec2, later)["State"]["Name"] == "terminated", "an end after the first")
    assert describe(ec2, first)["State"]["Name"] == "running"
