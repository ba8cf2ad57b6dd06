"""What the root module looks up: images, parameters, types, quotas, policies; and what nobody can do."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def images(ec2: "EC2Client", owner: str, name: str) -> list[str]:
    """Return the ids of an owner's images by name, newest first."""
    answer = ec2.describe_images(Owners=[owner], Filters=[{"Name": "name", "Values": [name]}])
    newest_first = sorted(answer["Images"], key=lambda image: image["CreationDate"], reverse=True)
    return [image["ImageId"] for image in newest_first]


@pytest.mark.parametrize("owner", ["679593333241", "aws-marketplace"])
def test_the_nvidia_image_is_found_by_product_id(ec2: "EC2Client", owner: str) -> None:
    """By the owner's number as by its alias; the newest has another prefix."""
    by_product = images(ec2, owner, "*676eed8d-dcf5-4784-87d7-0de463205c17*")
    assert by_product == ["ami-0a1b2c3d4e5f60002", "ami-0a1b2c3d4e5f60001"]
    assert images(ec2, owner, "NVIDIA GPU-Optimized AMI*") == ["ami-0a1b2c3d4e5f60001"]


def test_an_image_tells_the_size_of_its_root(ec2: "EC2Client") -> None:
    """So that a module can refuse a root volume that is too small."""
    (image,) = ec2.describe_images(ImageIds=["ami-0a1b2c3d4e5f60002"])["Images"]
    (mapping,) = image["BlockDeviceMappings"]
    assert (mapping["DeviceName"], mapping["Ebs"]["VolumeSize"]) == ("/dev/sda1", 128)
    assert (image["Architecture"], image["ImageOwnerAlias"]) == ("x86_64", "aws-marketplace")


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_public_parameters_name_images_in_every_region(sim: Simulator, region: str) -> None:
    """The parameter that names the AWS image names one that EC2 has there."""
    name = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
    parameter = client("ssm", sim, region=region).get_parameter(Name=name)["Parameter"]["Value"]
    (image,) = client("ec2", sim, region=region).describe_images(ImageIds=[parameter])["Images"]
    assert image["OwnerId"] == "898082745236"


def test_regions_are_those_that_are_on_unless_all_are_asked_for(ec2: "EC2Client") -> None:
    """And those that a filter names."""
    on = {it["RegionName"]: it["OptInStatus"] for it in ec2.describe_regions()["Regions"]}
    assert set(on.values()) == {"opt-in-not-required"}
    every = {it["RegionName"] for it in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert every > set(on)
    off: Any = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    found = ec2.describe_regions(AllRegions=True, Filters=off)["Regions"]
    assert {it["RegionName"] for it in found} == every - set(on)
    assert ec2.describe_regions(RegionNames=["us-east-1"])["Regions"][0]["RegionName"] == "us-east-1"


def test_quotas_are_seeded(sim: Simulator) -> None:
    """The account's value, and AWS's; an unknown code is AWS's error."""
    quotas = client("service-quotas", sim)
    ask = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}
    assert quotas.get_service_quota(**ask)["Quota"]["Value"] == 768
    assert quotas.get_aws_default_service_quota(**ask)["Quota"]["Value"] == 0
    assert len(quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]) == 19
    with pytest.raises(ClientError, match="NoSuchResource"):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0")


def test_managed_policies_exist(sim: Simulator) -> None:
    """The instance profile attaches one."""
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert client("iam", sim).get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_no_host_is_connected_to_session_manager(sim: Simulator) -> None:
    """No agent runs without a host: AWS's own words for a host that is still booting."""
    ssm = client("ssm", sim)
    with pytest.raises(ClientError, match="TargetNotConnected"):
        ssm.start_session(Target="i-0123456789abcdef0", DocumentName="AWS-StartSSHSession")
    assert "TokenValue" not in ssm.resume_session(SessionId="me-1")
    assert ssm.terminate_session(SessionId="me-1")["SessionId"] == "me-1"


@pytest.mark.parametrize(
    ("service", "action", "arguments"),
    [
        ("ec2", "describe_capacity_block_offerings", {"CapacityDurationHours": 24}),
        ("pricing", "describe_services", {}),
        ("ssm", "start_automation_execution", {"DocumentName": "AWS-StopEC2Instance"}),
        ("ec2", "describe_images", {"Filters": [{"Name": "no-such-filter", "Values": ["x"]}]}),
    ],
)
def test_what_the_simulator_cannot_do_it_says_at_once(
    sim: Simulator, service: str, action: str, arguments: dict[str, Any]
) -> None:
    """A 400 with the action's name, in the service's own format, without one retry: nothing is waited for."""
    with pytest.raises(ClientError) as caught:
        getattr(client(service, sim, attempts=4), action)(**arguments)
    assert caught.value.response["Error"]["Code"] == "NotImplementedBySimulator"
    assert f"{service}:" in caught.value.response["Error"]["Message"]
    assert (len(sim.calls()), caught.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (1, 400)
