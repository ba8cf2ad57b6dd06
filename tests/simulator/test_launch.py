"""RunInstances and what EC2 then says of the instance: everything that a second plan compares."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import UBUNTU_ARM, client, group, launch, refusal

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef


def root_volume(ec2: "EC2Client", instance: "InstanceTypeDef") -> dict[str, Any]:
    """Return size, type, iops, throughput and encryption of the root volume."""
    volume_id = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    volume = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    names = ("Size", "VolumeType", "Iops", "Throughput", "Encrypted")
    return {name: volume.get(name) for name in names}


def default_subnet(ec2: "EC2Client", zone: str = "us-east-1b") -> str:
    """Return the default subnet of a zone."""
    filters = [{"Name": "availability-zone", "Values": [zone]}]
    return ec2.describe_subnets(Filters=filters)["Subnets"][0]["SubnetId"]  # type: ignore[arg-type]


def test_gp3_performance_is_what_was_asked_for(ec2: "EC2Client") -> None:
    """Moto forgets iops and throughput of a root volume."""
    disk = {"VolumeType": "gp3", "VolumeSize": 200, "Iops": 6000, "Throughput": 500, "Encrypted": True}
    instance = launch(ec2, BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk}])
    asked = {"VolumeType": "gp3", "Size": 200, "Iops": 6000, "Throughput": 500, "Encrypted": True}
    assert root_volume(ec2, instance) == asked


def test_a_root_volume_defaults_to_its_image(ec2: "EC2Client") -> None:
    """Without a mapping the root has the image's size and type, and dies with the instance."""
    instance = launch(ec2)
    defaults = {"VolumeType": "gp3", "Size": 128, "Iops": 3000, "Throughput": 125, "Encrypted": False}
    assert root_volume(ec2, instance) == defaults
    assert instance["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"]


@pytest.mark.parametrize("public", [True, False])
def test_a_public_address_is_given_as_asked_and_groups_survive(ec2: "EC2Client", public: bool) -> None:
    """Groups given on the interface are the instance's; a private one has no association at all."""
    nic = {"DeviceIndex": 0, "SubnetId": default_subnet(ec2), "Groups": [group(ec2)]}
    instance = launch(ec2, NetworkInterfaces=[nic | {"AssociatePublicIpAddress": public}])
    assert ("PublicIpAddress" in instance) is public
    assert ("Association" in instance["NetworkInterfaces"][0]) is public
    assert [it["GroupName"] for it in instance["SecurityGroups"]] == ["law"]
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1b"


def test_without_a_subnet_the_default_vpc_is_used(ec2: "EC2Client") -> None:
    """The instance is in a default subnet, with an address of it and a public one."""
    instance = launch(ec2)
    subnet = ec2.describe_subnets(SubnetIds=[instance["SubnetId"]])["Subnets"][0]
    assert subnet["DefaultForAz"]
    assert instance["PrivateIpAddress"].startswith("172.31.")
    assert instance["PublicIpAddress"]


def test_without_a_default_vpc_a_launch_needs_a_subnet(sim: Simulator, ec2: "EC2Client") -> None:
    """The error test of every new account that has none."""
    sim.remove_default_vpc("us-east-1")
    assert ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"] == []
    assert refusal(ec2) == "VPCIdNotSpecified"
    assert client("ec2", sim, region="eu-west-1").describe_vpcs()["Vpcs"]


def test_spot_has_a_lifecycle_and_a_request(ec2: "EC2Client") -> None:
    """A spot instance says so, and its request ends with it."""
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.5", "SpotInstanceType": "one-time"}}
    instance = launch(ec2, InstanceMarketOptions=options)
    assert instance["InstanceLifecycle"] == "spot"
    request_id = instance["SpotInstanceRequestId"]
    (request,) = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert (request["SpotInstanceRequestId"], request["SpotPrice"]) == (request_id, "0.5")
    assert (request["InstanceId"], request["State"]) == (instance["InstanceId"], "active")
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    (request,) = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert request["State"] == "closed"


def test_on_demand_has_no_lifecycle(ec2: "EC2Client") -> None:
    """Only spot instances have the field."""
    assert "InstanceLifecycle" not in launch(ec2)


def test_metadata_options_tags_and_shutdown_behaviour_are_kept(ec2: "EC2Client") -> None:
    """What the host relies on is read back as it was asked for."""
    tags = [{"Key": "gpuinfra:stack", "Value": "law"}]
    instance = launch(
        ec2,
        MetadataOptions={"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
        InstanceInitiatedShutdownBehavior="terminate",
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
    )
    options = instance["MetadataOptions"]
    assert (options["HttpTokens"], options["InstanceMetadataTags"]) == ("required", "enabled")
    volume = ec2.describe_volumes()["Volumes"][0]
    assert instance["Tags"] == volume["Tags"] == tags
    behavior = ec2.describe_instance_attribute(
        InstanceId=instance["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert behavior["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}


def test_the_same_client_token_is_the_same_instance(ec2: "EC2Client") -> None:
    """A retry after a lost answer makes no second host."""
    first = launch(ec2, ClientToken="once")
    assert launch(ec2, ClientToken="once")["InstanceId"] == first["InstanceId"]
    assert launch(ec2, ClientToken="twice")["InstanceId"] != first["InstanceId"]
    assert refusal(ec2, ClientToken="once", InstanceType="g5.xlarge") == "IdempotentParameterMismatch"
    assert len(ec2.describe_instances()["Reservations"]) == 2


def test_the_token_holds_when_all_ask_at_once(ec2: "EC2Client") -> None:
    """Several threads, one token, one instance."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: launch(ec2, ClientToken="once")["InstanceId"], range(8)))
    assert len(set(made)) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"InstanceType": "g4dn.huge"}, "InvalidParameterValue"),
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
        ({"ImageId": UBUNTU_ARM}, "InvalidParameterValue"),
        ({"Placement": {"AvailabilityZone": "us-east-1e"}}, "Unsupported"),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 64}}]},
            "InvalidBlockDeviceMapping",
        ),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_wrong_launch_is_refused_with_the_code_of_aws(
    sim: Simulator, ec2: "EC2Client", arguments: dict[str, Any], code: str
) -> None:
    """And leaves nothing behind."""
    assert refusal(ec2, **arguments) == code
    assert sim.leftovers() == {}


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_without_a_default_vpc_a_subnet_has_to_be_named(
    sim: Simulator, ec2: "EC2Client", is_dry_run: bool
) -> None:
    """A dry run is told so, too."""
    sim.remove_default_vpc()
    assert refusal(ec2, DryRun=is_dry_run) == "VPCIdNotSpecified"
