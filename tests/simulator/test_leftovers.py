"""What a stack has made is found in the simulated account by its tags, and removed kind by kind."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.features.provision.leftovers import ORDER
from gpuinfra.ground.disk_copy import RESTORE_OF
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import CloudResource
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from tests.fakes.world import SETTINGS
from tests.simulator.aws import client, launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

TAGS = [{"Key": key, "Value": value} for key, value in SETTINGS.tags.as_dict().items()]
OF_A_HOST = {"Key": RESTORE_OF, "Value": "i-1"}  # what the copy of a moved host's disk carries, too
ALLOWED = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOWED]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def aws(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)


def tagged(kind: str, *more: dict[str, str]) -> list[dict[str, Any]]:
    """Return our tags for something that is made."""
    return [{"ResourceType": kind, "Tags": [*TAGS, *more]}]


def make_all(ec2: Any, iam: Any, scheduler: Any) -> None:
    """Make one of each kind that terraform/modules/host makes, but a host."""
    scheduler.create_schedule_group(Name="gpuinfra-default-1", Tags=TAGS)
    vpc = ec2.create_vpc(CidrBlock="10.93.0.0/24", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.93.0.0/25", TagSpecifications=tagged("subnet"))
    inside = {"SubnetId": subnet["Subnet"]["SubnetId"]}
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table"))
    table_id = table["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table_id, **inside)
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
    ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
    ec2.create_nat_gateway(AllocationId=address, TagSpecifications=tagged("natgateway"), **inside)
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.ssm",
        VpcEndpointType="Interface",
        SubnetIds=[inside["SubnetId"]],
        TagSpecifications=tagged("vpc-endpoint"),
    )
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, TagSpecifications=tagged("volume"))
    copy = ec2.create_snapshot(VolumeId=volume["VolumeId"], TagSpecifications=tagged("snapshot", OF_A_HOST))
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": copy["SnapshotId"]}}
    image = ec2.register_image(Name="copy", BlockDeviceMappings=[disk])["ImageId"]
    ec2.create_tags(Resources=[image], Tags=[*TAGS, OF_A_HOST])
    ec2.create_security_group(
        GroupName="law", Description="law", VpcId=vpc, TagSpecifications=tagged("security-group")
    )
    ec2.create_key_pair(KeyName="gpuinfra-default-1", TagSpecifications=tagged("key-pair"))
    iam.create_role(RoleName="gpuinfra-default-1", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    iam.put_role_policy(RoleName="gpuinfra-default-1", PolicyName="own", PolicyDocument=POLICY)
    iam.create_instance_profile(InstanceProfileName="gpuinfra-default-2", Tags=TAGS)
    iam.add_role_to_instance_profile(InstanceProfileName="gpuinfra-default-2", RoleName="gpuinfra-default-1")


def ours(aws: Aws, *known: str) -> list[CloudResource]:
    """Return what is found, in the order in which it goes."""
    found = aws.inventory(SETTINGS.tags, known).found
    return sorted(found, key=lambda one: ORDER.index(one.kind))


def test_every_kind_is_found_and_removed(aws: Aws, ec2: "EC2Client", sim: Simulator) -> None:
    """By tags, a page or many; in the order of the cost; what has to wait goes in the next round."""
    before = sim.leftovers()
    make_all(ec2, client("iam", sim), client("scheduler", sim))
    left = ours(aws)
    assert {one.kind for one in left} == set(ORDER) - {
        "aws_instance",
        "aws_route",
        "aws_route_table_association",
        "aws_vpc_security_group_ingress_rule",
        "aws_vpc_security_group_egress_rule",
    }
    for _ in range(3):
        left = [one for one in left if not aws.remove(one)]
    assert (left, ours(aws), sim.leftovers()) == ([], [], before)


def test_an_address_is_held_by_its_gateway(aws: Aws, ec2: "EC2Client", sim: Simulator) -> None:
    """EC2 answers as if it were another account's: it is not tried, and no error."""
    make_all(ec2, client("iam", sim), client("scheduler", sim))
    address = next(one for one in ours(aws) if one.kind == "aws_eip")
    assert not aws.remove(address)
    with pytest.raises(ClientError, match="AuthFailure"):
        ec2.release_address(AllocationId=address.resource_id)


def test_it_costs_four_calls_where_nothing_is_left(aws: Aws, sim: Simulator) -> None:
    """A first `up` does not wait for a dozen of lists."""
    assert ours(aws) == []
    actions = [call.action for call in sim.calls()]
    assert sorted(actions) == ["DescribeTags", "GET /schedule-groups", "ListInstanceProfiles", "ListRoles"]


def test_another_stack_or_project_is_not_found(aws: Aws, ec2: "EC2Client", sim: Simulator) -> None:
    """Not even where its name begins with ours; what has gone already is not found either."""
    for key, value in (("gpuinfra:stack", "default-2"), ("gpuinfra:project", "other")):
        tags: Any = [
            {
                "ResourceType": "volume",
                "Tags": [t if t["Key"] != key else {"Key": key, "Value": value} for t in TAGS],
            }
        ]
        ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, TagSpecifications=tags)
    other: Any = [{"Key": "gpuinfra:stack", "Value": "default-x"}]
    client("iam", sim).create_role(
        RoleName="gpuinfra-default-x-1", AssumeRolePolicyDocument=TRUST, Tags=other
    )
    host = launch(ec2, TagSpecifications=tagged("instance"))["InstanceId"]
    assert [one.resource_id for one in ours(aws)] == [host]
    ec2.terminate_instances(InstanceIds=[host])
    assert ours(aws) == []


def test_what_may_not_be_asked_is_said(aws: Aws, ec2: "EC2Client", sim: Simulator) -> None:
    """Without DescribeTags each kind is asked for itself; the rest is found all the same."""
    make_all(ec2, client("iam", sim), client("scheduler", sim))
    for match in ("DescribeTags", "DescribeNatGateways"):
        sim.fault(Fault(match=match, count=None, status=403, code="UnauthorizedOperation"))
    sim.fault(Fault(match="ListRoles", count=None, status=403, code="AccessDenied"))
    asked = aws.inventory(SETTINGS.tags, ())
    assert asked.unasked == ("ec2:DescribeNatGateways", "iam:ListRoles")
    kinds = {one.kind for one in asked.found}
    assert {"aws_eip", "aws_vpc", "aws_iam_instance_profile"} <= kinds
    assert not {"aws_nat_gateway", "aws_iam_role"} & kinds


def test_a_refusal_of_another_kind_is_an_error(aws: Aws, sim: Simulator) -> None:
    """Expired credentials say nothing about what is there."""
    sim.fault(Fault(match="DescribeTags", count=None, status=400, code="RequestExpired"))
    with pytest.raises(CloudError, match="expired"):
        ours(aws)


def test_a_role_of_a_living_host_says_so(aws: Aws, sim: Simulator) -> None:
    """IAM has one list for all regions: the host may live in another one, under the same names."""
    there = client("ec2", sim, region="eu-west-1")
    make_all(client("ec2", sim), client("iam", sim), client("scheduler", sim))
    host = launch(there, ImageId="ami-0a1b2c3d4e5f60002", IamInstanceProfile={"Name": "gpuinfra-default-2"})
    iam = [one for one in ours(aws) if one.kind.startswith("aws_iam")]
    assert [one.used_by for one in iam] == [f"{host['InstanceId']} in eu-west-1"] * 2


def test_ways_that_were_not_recorded_are_found(aws: Aws, ec2: "EC2Client", sim: Simulator) -> None:
    """Ties and routes carry no tags: they are found in the route tables of the record."""
    make_all(ec2, client("iam", sim), client("scheduler", sim))
    everything = {one.kind: one.resource_id for one in ours(aws)}
    left = ours(aws, *everything.values())
    assert [one.kind for one in left] == ["aws_route", "aws_route_table_association"]
    assert ours(aws, *everything.values(), left[1].resource_id, f"{left[0].resource_id}1080289494") == []
    assert all(aws.remove(one) for one in left)
    assert ours(aws, *everything.values()) == []


def test_what_hangs_in_a_group_is_named(aws: Aws, ec2: "EC2Client") -> None:
    """The interface with its host, by the ids that a user can look for."""
    host = launch(ec2)
    (group,), (card,) = host["SecurityGroups"], host["NetworkInterfaces"]
    (named,) = aws.holders(group["GroupId"])
    assert named == f"network interface {card['NetworkInterfaceId']} (of host {host['InstanceId']})"
    assert aws.holders("igw-1") == []
