"""What an account is like: its plan, its terms, what it allows, its clock; a sound one until a test says."""

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import NVIDIA, client, launch, refusal

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

AWS_NVIDIA = "ami-0a1b2c3d4e5f60003"
PRODUCT = "676eed8d-dcf5-4784-87d7-0de463205c17"


def agreements(sim: Simulator) -> list[Any]:
    """Return the agreements on NVIDIA's image."""
    wanted = [{"name": "ResourceIdentifier", "values": [PRODUCT]}]
    found = client("marketplace-agreement", sim).search_agreements(catalog="AWSMarketplace", filters=wanted)
    return list(found["agreementViewSummaries"])


def decisions(sim: Simulator, *actions: str) -> list[str]:
    """Return what IAM says of a user's rights."""
    arn = "arn:aws:iam::123456789012:user/me"
    found = client("iam", sim).simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions))
    return [one["EvalDecision"] for one in found["EvaluationResults"]]


def test_a_sound_account(sim: Simulator, ec2: "EC2Client") -> None:
    """Nothing is refused, hidden or missing; a reset brings it back."""
    sim.account(plan="FREE", verified=False)
    sim.reset()
    assert client("freetier", sim).get_account_plan_state()["accountPlanType"] == "PAID"
    assert client("account", sim).get_account_information()["AccountState"] == "ACTIVE"
    assert ec2.get_allowed_images_settings()["State"] == "disabled"
    assert len(agreements(sim)) == 1
    assert decisions(sim, "iam:CreateRole") == ["allowed"]
    assert launch(ec2)["InstanceId"]
    assert [call.action for call in sim.calls()][:2] == ["GetAccountPlanState", "GetAccountInformation"]


def test_the_free_plan_has_no_gpus(sim: Simulator, ec2: "EC2Client") -> None:
    """EC2's own words for it; what is free of charge is had."""
    sim.account(plan="FREE")
    assert refusal(ec2) == "InvalidParameterCombination"
    assert client("freetier", sim).get_account_plan_state()["accountPlanType"] == "FREE"
    assert launch(ec2, InstanceType="t3.micro")["InstanceId"]


def test_an_account_that_is_not_verified(sim: Simulator, ec2: "EC2Client") -> None:
    """It launches nothing, and says why."""
    sim.account(verified=False)
    assert refusal(ec2) == "PendingVerification"
    assert client("account", sim).get_account_information()["AccountState"] == "PENDING_ACTIVATION"


def test_terms_that_nobody_has_accepted(sim: Simulator, ec2: "EC2Client") -> None:
    """Only an image of the Marketplace needs them; a dry run does not tell."""
    sim.account(marketplace=[])
    assert agreements(sim) == []
    assert refusal(ec2) == "OptInRequired"
    assert refusal(ec2, DryRun=True) == "DryRunOperation"
    assert launch(ec2, ImageId=AWS_NVIDIA)["InstanceId"]
    sim.account(marketplace=[PRODUCT])
    assert len(agreements(sim)) == 1
    assert launch(ec2)["InstanceId"]


def test_allowed_amis_hides_images(sim: Simulator, ec2: "EC2Client") -> None:
    """They are neither shown nor launched; those of the owners that it names are."""
    sim.account(allowed_amis=["amazon"])
    assert ec2.get_allowed_images_settings()["ImageCriteria"] == [{"ImageProviders": ["amazon"]}]
    shown = [image["ImageId"] for image in ec2.describe_images()["Images"]]
    assert NVIDIA not in shown
    assert AWS_NVIDIA in shown
    assert refusal(ec2) == "InvalidAMIID.NotFound"
    assert launch(ec2, ImageId=AWS_NVIDIA)["InstanceId"]


def test_rights_by_simulation(sim: Simulator) -> None:
    """What is on the deny list is denied, the rest allowed."""
    sim.account(deny=["iam:Create*"])
    assert decisions(sim, "iam:CreateRole", "iam:PassRole") == ["explicitDeny", "allowed"]


@pytest.mark.parametrize("skew_s", [-600, 600])
def test_a_clock_that_is_minutes_off(skew_s: float, sim: Simulator, ec2: "EC2Client") -> None:
    """No request is taken; the Date of each answer shows by how much."""
    sim.account(clock_skew_s=skew_s)
    assert refusal(ec2) == "AuthFailure"
    with pytest.raises(ClientError, match="Signature expired") as caught:
        client("sts", sim).get_caller_identity()
    shown = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
    sim.account()
    now = client("sts", sim).get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]["date"]
    ahead = parsedate_to_datetime(shown) - parsedate_to_datetime(now)
    assert abs(ahead.total_seconds() - skew_s) < 30


def test_a_default_vpc_leads_out(sim: Simulator, ec2: "EC2Client") -> None:
    """Its main route table has a way to the internet, which is no leftover of anybody's."""
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    wanted = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    (table,) = ec2.describe_route_tables(Filters=[wanted])["RouteTables"]  # type: ignore[list-item]
    (out,) = [r for r in table["Routes"] if r.get("DestinationCidrBlock") == "0.0.0.0/0"]
    assert out["GatewayId"].startswith("igw-")
    assert sim.leftovers() == {}


def test_an_endpoint_outlives_its_route_table(ec2: "EC2Client") -> None:
    """It can be deleted though the table went first: Terraform may ask so for a state of long ago."""
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Gateway",
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[table],
    )
    ec2.delete_route_table(RouteTableId=table)
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    assert not ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint]).get("Unsuccessful")
    assert {one["State"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]} <= {"deleted"}
    ec2.delete_vpc(VpcId=vpc)


def test_a_setting_that_does_not_exist(sim: Simulator) -> None:
    """A test that misspells it is told."""
    with pytest.raises(GpuInfraError, match="no such setting of an account: plann"):
        sim.account(plann="FREE")
