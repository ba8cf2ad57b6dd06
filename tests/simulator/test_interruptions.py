"""EC2 takes a spot instance back: the notice, the end, and what it says of it; one-time ones do not stop."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import describe, launch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

SPOT: Any = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}


def test_an_interruption_is_a_notice_and_then_the_end(sim: Simulator, ec2: "EC2Client") -> None:
    """The metadata has the notice at once; then the instance ends, for EC2's reason, and its request."""
    made = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    sim.interrupt(made, notice_s=0.5)
    assert sim.machines()[0].notices["spot-action"]["action"] == "terminate"
    wait_until(lambda: describe(ec2, made)["State"]["Name"] == "terminated", "the end")
    assert describe(ec2, made)["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    (request,) = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert (request["State"], request["Status"]["Code"]) == ("closed", "instance-terminated-no-capacity")
    assert [event["by"] for event in sim.events()] == ["api", "ec2"]


def test_a_price_above_the_highest_ends_the_host(sim: Simulator, ec2: "EC2Client") -> None:
    """After a notice, and its request says why; a host that named no highest price goes on."""
    limited: Any = {**SPOT, "SpotOptions": {**SPOT["SpotOptions"], "MaxPrice": "0.3"}}
    made = launch(ec2, InstanceMarketOptions=limited)
    other = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    zone, name = made["Placement"]["AvailabilityZone"], made["InstanceType"]
    sim.spot_price(name, zone, 0.29, notice_s=0.3)
    assert [it.notices for it in sim.machines()] == [{}, {}]
    sim.spot_price(name, zone, 0.31, notice_s=0.3)
    wait_until(lambda: describe(ec2, made["InstanceId"])["State"]["Name"] == "terminated", "the end")
    requests = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[made["SpotInstanceRequestId"]])
    assert requests["SpotInstanceRequests"][0]["Status"]["Code"] == "instance-terminated-by-price"
    assert describe(ec2, other)["State"]["Name"] == "running"
    (row,) = ec2.describe_spot_price_history(InstanceTypes=[name], AvailabilityZone=zone)["SpotPriceHistory"]
    assert float(row["SpotPrice"]) == 0.31


def test_an_interruption_without_a_notice_cuts_the_power(sim: Simulator, ec2: "EC2Client") -> None:
    """The notice is best effort: the host is gone at once, its system is not asked."""
    made = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    sim.interrupt(made, with_notice=False)
    (machine,) = sim.machines()
    assert (machine.state, machine.power_cut, machine.notices) == ("terminated", True, {})


def test_a_reset_forgets_a_notice(sim: Simulator, ec2: "EC2Client") -> None:
    """What a test before has begun ends no instance of the next."""
    sim.interrupt(launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"], notice_s=0.2)
    sim.reset()
    made = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    sim.interrupt(made, notice_s=0.4)
    wait_until(lambda: describe(ec2, made)["State"]["Name"] == "terminated", "the end")
    assert [event["state"] for event in sim.events()] == ["running", "terminated"]


def test_only_a_running_spot_instance_can_be_taken_back(sim: Simulator, ec2: "EC2Client") -> None:
    """An on-demand one is the user's."""
    made = launch(ec2)["InstanceId"]
    with pytest.raises(GpuInfraError, match="no running spot instance"):
        sim.interrupt(made)
    with pytest.raises(GpuInfraError, match="there is no instance i-0"):
        sim.interrupt("i-0")


def test_rebalance_and_silence_are_told_to_the_lab(sim: Simulator, ec2: "EC2Client") -> None:
    """A recommendation ends nothing; silence is a setting."""
    made = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    sim.rebalance(made)
    sim.metadata_silent(made)
    (machine,) = sim.machines()
    assert (machine.state, list(machine.notices), machine.metadata_silent) == ("running", ["rebalance"], True)


def test_a_one_time_spot_instance_cannot_be_stopped(ec2: "EC2Client") -> None:
    """In AWS's words; it runs on."""
    made = launch(ec2, InstanceMarketOptions=SPOT)["InstanceId"]
    with pytest.raises(ClientError, match="one-time Spot Instance request") as caught:
        ec2.stop_instances(InstanceIds=[made])
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperation"
    assert describe(ec2, made)["State"]["Name"] == "running"


def test_a_spot_host_that_powers_itself_off_is_terminated(sim: Simulator, ec2: "EC2Client") -> None:
    """Whatever its shutdown behaviour says."""
    made = launch(ec2, InstanceMarketOptions=SPOT, InstanceInitiatedShutdownBehavior="stop")["InstanceId"]
    sim.powered_off(made)
    assert describe(ec2, made)["State"]["Name"] == "terminated"
