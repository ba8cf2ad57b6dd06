"""Where EC2 has a host and where not, in its own words; what frees a place."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, describe, launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

TYPE = "g4dn.xlarge"
SPOT: Any = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}


def in_zone(zone: str) -> dict[str, Any]:
    """Return the arguments of a launch that is pinned to a zone."""
    return {"Placement": {"AvailabilityZone": zone}}


def at_most(max_price: str) -> dict[str, Any]:
    """Return the arguments of a spot launch at a highest price."""
    return {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": max_price}}}


def refused(ec2: "EC2Client", **arguments: Any) -> tuple[str, str, int]:
    """Launch in vain; return code, message and HTTP status."""
    with pytest.raises(ClientError) as caught:
        launch(ec2, **arguments)
    answer = caught.value.response
    return (
        answer["Error"]["Code"],
        answer["Error"]["Message"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
    )


def test_a_pinned_launch_is_told_which_zones_have_some(sim: Simulator, ec2: "EC2Client") -> None:
    """With the status of a lack at AWS's side; the zones named offer the type and have room."""
    for zone in ("us-east-1a", "us-east-1c"):
        sim.capacity(0, instance_type=TYPE, zone=zone)
    code, message, status = refused(ec2, **in_zone("us-east-1a"))
    assert (code, status) == ("InsufficientInstanceCapacity", 500)
    assert message == (
        "We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested"
        " (us-east-1a). Our system will be working on provisioning additional capacity. You can currently get"
        " g4dn.xlarge capacity by not specifying an Availability Zone in your request or choosing us-east-1b,"
        " us-east-1d, us-east-1f."
    )
    assert sim.leftovers() == {}


def test_a_pinned_launch_is_advised_of_nothing_where_no_zone_has_any(
    sim: Simulator, ec2: "EC2Client"
) -> None:
    """No zone is named then."""
    sim.capacity(0, instance_type=TYPE)
    _, message, _ = refused(ec2, **in_zone("us-east-1a"))
    assert message.endswith("Our system will be working on provisioning additional capacity.")


def test_ec2_looks_in_all_zones_when_none_is_asked_for(sim: Simulator, ec2: "EC2Client") -> None:
    """It takes one that has room and offers the type; without any it says so for all zones."""
    for zone in ("us-east-1a", "us-east-1b"):
        sim.capacity(0, instance_type=TYPE, zone=zone)
    assert launch(ec2)["Placement"]["AvailabilityZone"] == "us-east-1c"
    sim.capacity(0, instance_type=TYPE)
    code, message, status = refused(ec2)
    assert (code, status) == ("InsufficientInstanceCapacity", 500)
    assert message.startswith(
        "We currently do not have sufficient g4dn.xlarge capacity in zones with support for 'gp3' volumes."
    )


def test_a_zone_without_the_type_is_no_lack_of_capacity(ec2: "EC2Client") -> None:
    """Unsupported, as long as it is asked for."""
    code, message, status = refused(ec2, **in_zone("us-east-1e"))
    assert (code, status) == ("Unsupported", 400)
    assert "not supported in your requested Availability Zone (us-east-1e)" in message


def test_the_markets_are_apart(sim: Simulator, ec2: "EC2Client") -> None:
    """No spot host says nothing of on-demand hosts, and has words of its own."""
    sim.capacity(0, market="spot")
    code, message, _ = refused(ec2, InstanceMarketOptions=SPOT)
    assert code == "InsufficientInstanceCapacity"
    assert message == "There is no Spot capacity available that matches your request."
    launch(ec2)
    sim.clear_capacity()
    launch(ec2, InstanceMarketOptions=SPOT)


def test_the_newest_rule_that_matches_counts(sim: Simulator, ec2: "EC2Client") -> None:
    """None lifts what an older rule says; another type's rule is none of ours."""
    sim.capacity(0)
    sim.capacity(None, instance_type=TYPE, zone="us-east-1d")
    sim.capacity(0, instance_type="g5.xlarge")
    assert launch(ec2)["Placement"]["AvailabilityZone"] == "us-east-1d"
    assert refused(ec2, InstanceType="g6.xlarge")[0] == "InsufficientInstanceCapacity"


def test_a_host_that_stops_or_ends_gives_its_place_back(sim: Simulator, ec2: "EC2Client") -> None:
    """Another may take it, and then the first cannot start."""
    sim.capacity(1, instance_type=TYPE)
    first = launch(ec2)["InstanceId"]
    assert refused(ec2)[0] == "InsufficientInstanceCapacity"
    ec2.stop_instances(InstanceIds=[first])
    second = launch(ec2)["InstanceId"]
    with pytest.raises(ClientError, match=r"InsufficientInstanceCapacity.*Insufficient capacity\."):
        ec2.start_instances(InstanceIds=[first])
    assert describe(ec2, first)["State"]["Name"] == "stopped"
    ec2.terminate_instances(InstanceIds=[second])
    ec2.start_instances(InstanceIds=[first])
    ec2.start_instances(InstanceIds=[first])  # it runs already, and takes no other place
    ec2.terminate_instances(InstanceIds=[first])
    launch(ec2)


def test_a_host_from_before_the_rule_finds_its_place_gone(sim: Simulator, ec2: "EC2Client") -> None:
    """Which is how a stopped GPU host does not come back."""
    instance_id = launch(ec2)["InstanceId"]
    sim.capacity(0, zone="us-east-1a")
    ec2.stop_instances(InstanceIds=[instance_id])
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        ec2.start_instances(InstanceIds=[instance_id])


def test_sdks_ask_again_and_get_what_has_come_back(sim: Simulator) -> None:
    """Every try is a call of its own: the answer is not the one that was given before."""
    sim.capacity(0)
    ec2 = client("ec2", sim, attempts=3)
    assert refused(ec2)[0] == "InsufficientInstanceCapacity"
    assert [call.status for call in sim.calls("RunInstances")] == [500, 500, 500]


def test_a_dry_run_says_nothing_of_capacity(sim: Simulator, ec2: "EC2Client") -> None:
    """It answers as if there were some."""
    sim.capacity(0)
    assert refused(ec2, DryRun=True)[0] == "DryRunOperation"


def test_a_highest_price_below_the_price_of_the_market_is_refused(ec2: "EC2Client") -> None:
    """By price, not for want of capacity, and the price is named; one within it is taken."""
    rows = ec2.describe_spot_price_history(InstanceTypes=["g4dn.xlarge"], ProductDescriptions=["Linux/UNIX"])
    usd_h = {row["AvailabilityZone"]: float(row["SpotPrice"]) for row in rows["SpotPriceHistory"]}
    code, message, status = refused(ec2, **at_most("0.01"))
    assert (code, status) == ("SpotMaxPriceTooLow", 400)
    assert "Your Spot request price of 0.01 is lower than the minimum required Spot request" in message
    assert f"price of {min(usd_h.values())}." in message
    cheapest = min(usd_h, key=lambda zone: usd_h[zone])
    assert launch(ec2, **at_most(str(usd_h[cheapest])))["Placement"]["AvailabilityZone"] == cheapest


def test_reset_gives_all_capacity_back(sim: Simulator) -> None:
    """Also for a host that was about to end; a rule that cannot be is named."""
    sim.capacity(0)
    sim.reset()
    launch(client("ec2", sim))
    with pytest.raises(GpuInfraError, match="unexpected keyword argument 'region'"):
        sim._call("POST", "capacity", {"left": 0, "region": "x"})
