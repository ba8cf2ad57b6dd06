"""One of each kind that a stack may leave, planted in a region of the simulated account."""

import json
from typing import Any

from gpuinfra.ground.model import Tags
from gpuinfra.simulator.client import REGION, Simulator
from tests.simulator.aws import NVIDIA, client

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def named(tags: Tags) -> list[dict[str, str]]:
    """Return tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.as_dict().items()]


def spec(tags: Tags, *kinds: str) -> list[dict[str, Any]]:
    """Return tags for things that are made by one call."""
    return [{"ResourceType": kind, "Tags": named(tags)} for kind in kinds]


def plant(sim: Simulator, tags: Tags, region: str = REGION) -> dict[str, str]:
    """Make one of each kind of EC2, and a schedule group; return their ids by kind."""
    ec2 = client("ec2", sim, region=region)
    made = {**_network(ec2, tags, region), **_disks(ec2, tags, region)}
    made["aws_key_pair"] = f"gpuinfra-{tags.stack}-{region}"
    ec2.create_key_pair(KeyName=made["aws_key_pair"], TagSpecifications=spec(tags, "key-pair"))
    template = {"ImageId": NVIDIA, "InstanceType": "g5.xlarge"}
    created = ec2.create_launch_template(
        LaunchTemplateName=f"gpuinfra-{tags.stack}",
        LaunchTemplateData=template,
        TagSpecifications=spec(tags, "launch-template"),
    )
    made["aws_launch_template"] = created["LaunchTemplate"]["LaunchTemplateId"]
    made["aws_scheduler_schedule_group"] = f"gpuinfra-{tags.stack}"
    client("scheduler", sim, region=region).create_schedule_group(
        Name=f"gpuinfra-{tags.stack}", Tags=named(tags)
    )
    return made


def _network(ec2: Any, tags: Tags, region: str) -> dict[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.93.0.0/24", TagSpecifications=spec(tags, "vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.93.0.0/25", TagSpecifications=spec(tags, "subnet"))
    inside = subnet["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=spec(tags, "route-table"))
    gateway = ec2.create_internet_gateway(TagSpecifications=spec(tags, "internet-gateway"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=spec(tags, "elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=inside, AllocationId=address, TagSpecifications=spec(tags, "natgateway")
    )
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{region}.ssm",
        VpcEndpointType="Interface",
        SubnetIds=[inside],
        TagSpecifications=spec(tags, "vpc-endpoint"),
    )
    group = ec2.create_security_group(
        GroupName="leak", Description="leak", VpcId=vpc, TagSpecifications=spec(tags, "security-group")
    )
    card = ec2.create_network_interface(SubnetId=inside, TagSpecifications=spec(tags, "network-interface"))
    return {
        "aws_vpc": vpc,
        "aws_subnet": inside,
        "aws_route_table": table["RouteTable"]["RouteTableId"],
        "aws_internet_gateway": gateway_id,
        "aws_eip": address,
        "aws_nat_gateway": nat["NatGateway"]["NatGatewayId"],
        "aws_vpc_endpoint": endpoint["VpcEndpoint"]["VpcEndpointId"],
        "aws_security_group": group["GroupId"],
        "aws_network_interface": card["NetworkInterface"]["NetworkInterfaceId"],
    }


def _disks(ec2: Any, tags: Tags, region: str) -> dict[str, str]:
    """Make a host, a volume of 100 GB, a snapshot of that, and an image of the host."""
    host = plant_host(ec2, tags)
    volume = ec2.create_volume(
        AvailabilityZone=f"{region}a",
        Size=100,
        VolumeType="gp3",
        Throughput=125,
        TagSpecifications=spec(tags, "volume"),
    )["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=spec(tags, "snapshot"))["SnapshotId"]
    image = ec2.create_image(
        InstanceId=host, Name=f"leak-{tags.stack}", TagSpecifications=spec(tags, "image")
    )
    return {
        "aws_instance": host,
        "aws_ebs_volume": volume,
        "aws_ebs_snapshot": snapshot,
        "aws_ami": image["ImageId"],
    }


def plant_host(ec2: Any, tags: Tags, **more: Any) -> str:
    """Launch a g5.xlarge with these tags on it and on its disk."""
    made = ec2.run_instances(
        ImageId=NVIDIA,
        InstanceType="g5.xlarge",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=spec(tags, "instance", "volume"),
        **more,
    )
    return str(made["Instances"][0]["InstanceId"])


def plant_global(sim: Simulator, tags: Tags) -> dict[str, str]:
    """Make what has no region."""
    iam, name = client("iam", sim), f"gpuinfra-{tags.stack}-1"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=named(tags))
    iam.create_instance_profile(InstanceProfileName=name, Tags=named(tags))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    limit = {"Amount": "100", "Unit": "USD"}
    budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    client("budgets", sim).create_budget(AccountId=ACCOUNT, Budget=budget, ResourceTags=named(tags))
    return {
        "aws_iam_role": name,
        "aws_iam_instance_profile": name,
        "aws_budgets_budget": f"{ACCOUNT}:{name}",
    }
