"""What is read of AWS's answers: where a subnet leads, whose rights are simulated, which image is taken."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.account_facts import Simulation, SubnetPlace
from gpuinfra.tools.aws import doctor_images, doctor_network, doctor_rights
from tests.fakes.world import SETTINGS

AMI_TF = Path(__file__).resolve().parents[3] / "terraform/modules/host/modules/instance/ami.tf"
OUT = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active"}
LOCAL = {"DestinationCidrBlock": "172.31.0.0/16", "GatewayId": "local", "State": "active"}


class FakeEc2:
    """Describes what the test says, whatever the filters; remembers them."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def can_paginate(self, operation: str) -> bool:
        """Answer in one page."""
        return False

    def __getattr__(self, operation: str) -> Any:
        """Return the answer under the key of an operation."""
        key = {
            "describe_vpcs": "Vpcs",
            "describe_subnets": "Subnets",
            "describe_route_tables": "RouteTables",
            "describe_images": "Images",
        }[operation]

        def describe(**asked: Any) -> dict[str, Any]:
            self.asked.append(asked)
            return {key: self.answers.get(key, [])}

        return describe


def ec2(*tables: dict[str, Any]) -> Any:
    """Return an EC2 with one default VPC, one subnet, and these route tables."""
    subnet = {"SubnetId": "s-1", "VpcId": "vpc-1", "AvailabilityZone": "z", "AvailableIpAddressCount": 9}
    return FakeEc2(Vpcs=[{"VpcId": "vpc-1"}], Subnets=[subnet], RouteTables=list(tables))


def table(*routes: dict[str, Any], subnet: str = "") -> dict[str, Any]:
    """Return a route table, the main one or that of a subnet."""
    return {"Associations": [{"SubnetId": subnet} if subnet else {"Main": True}], "Routes": [LOCAL, *routes]}


@pytest.mark.parametrize(
    ("tables", "way_out"),
    [
        ([table({**OUT, "GatewayId": "igw-1"})], "internet gateway"),
        (
            [table({**OUT, "GatewayId": "igw-1"}), table({**OUT, "NatGatewayId": "nat-1"}, subnet="s-1")],
            "NAT",
        ),
        ([table({**OUT, "TransitGatewayId": "tgw-1"})], "other"),
        ([table({**OUT, "GatewayId": "igw-1", "State": "blackhole"})], ""),
        ([table()], ""),
        ([], ""),
    ],
)
def test_where_a_subnet_leads(tables: list[dict[str, Any]], way_out: str) -> None:
    """The table that it is tied to counts, else the main one; a route to what is gone is none."""
    found = doctor_network.places(ec2(*tables), "")
    assert found == [
        SubnetPlace(subnet_id="s-1", zone="z", free_addresses=9, way_out=way_out, vpc_id="vpc-1")
    ]


def test_no_network() -> None:
    """No default VPC, and a subnet that is not there, are told from a VPC without subnets."""
    assert doctor_network.places(FakeEc2(), "") is None
    assert doctor_network.places(FakeEc2(), "subnet-1") is None
    assert doctor_network.places(FakeEc2(Vpcs=[{"VpcId": "vpc-1"}]), "") == []


class FakeIam:
    """Remembers whose rights were asked about."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get_role(self, RoleName: str) -> dict[str, Any]:
        """Return a role with a path, which the ARN of a session does not show."""
        return {"Role": {"Arn": f"arn:aws:iam::1:role/team/{RoleName}"}}

    def simulate_principal_policy(self, **asked: Any) -> dict[str, Any]:
        """Allow the first action only."""
        self.asked = asked
        lacks = {"iam:PutRolePolicy": ["aws:PrincipalTag/team"]}
        results = [
            {
                "EvalActionName": name,
                "EvalDecision": "implicitDeny" if index else "allowed",
                "MissingContextValues": lacks.get(name, []),
            }
            for index, name in enumerate(asked["ActionNames"])
        ]
        return {"EvaluationResults": results}


@pytest.mark.parametrize(
    ("arn", "of"),
    [
        ("arn:aws:iam::1:user/ada", "arn:aws:iam::1:user/ada"),
        ("arn:aws:sts::1:assumed-role/ML/ada@example.org", "arn:aws:iam::1:role/team/ML"),
        ("arn:aws-cn:sts::1:assumed-role/ML/i-1", "arn:aws:iam::1:role/team/ML"),
    ],
)
def test_whose_rights_are_simulated(arn: str, of: str) -> None:
    """IAM knows users and roles, no sessions."""
    iam = FakeIam()
    actions = ("iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy")
    asked = Simulation(
        actions=actions, resource="arn:aws:iam::1:role/x", context={"iam:PassedToService": "ec2"}
    )
    assert doctor_rights.simulate(iam, arn, asked) == {
        "iam:PassRole": "allowed",
        "iam:CreateRole": "implicitDeny",
        "iam:PutRolePolicy": "",  # for want of a condition key: that is no answer
    }
    assert (iam.asked["PolicySourceArn"], iam.asked["ResourceArns"]) == (of, ["arn:aws:iam::1:role/x"])
    assert iam.asked["ContextEntries"] == [
        {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string", "ContextKeyValues": ["ec2"]}
    ]


def test_the_newest_image_is_taken() -> None:
    """Its size is that of its root disk; its product is told by the end of its name."""
    product = "676eed8d-dcf5-4784-87d7-0de463205c17"

    def raw(name: str, created: str) -> dict[str, Any]:
        disks = [
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 500}},
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 128}},
        ]
        return {
            "ImageId": name,
            "Name": f"{name}-{product}",
            "CreationDate": created,
            "RootDeviceName": "/dev/sda1",
            "BlockDeviceMappings": disks,
            "ProductCodes": [{"ProductCodeId": "a1b2", "ProductCodeType": "marketplace"}],
        }

    fake = FakeEc2(Images=[raw("new", "2026-05-04"), raw("old", "2022-07-01")])
    found = doctor_images.find(lambda _: fake, SETTINGS, "x86_64")
    assert found is not None
    assert (found.image_id, found.size_gb, found.product) == ("new", 128, product)
    assert fake.asked[0]["Owners"] == [doctor_images.NVIDIA_OWNER]


def test_a_region_without_the_parameter() -> None:
    """It has no such image: nothing is found, nothing fails."""

    class Ssm:
        def get_parameter(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")

    settings = dataclasses.replace(SETTINGS, image="aws-nvidia")
    made = {"ec2": FakeEc2(), "ssm": Ssm()}
    assert doctor_images.find(made.__getitem__, settings, "x86_64") is None


def test_images_are_those_of_the_terraform_module() -> None:
    """Owners, names and parameter are the ones by which the module looks."""
    text = AMI_TF.read_text(encoding="utf-8")
    parameter = doctor_images.PARAMETER.replace("{architecture}", "${each.key}")
    owners = [*doctor_images.UBUNTU_OWNERS.values(), *doctor_images.OPEN_OWNERS.values()]
    names = [doctor_images.NVIDIA_OWNER, doctor_images.NVIDIA_NAME, doctor_images.UBUNTU_NAME, parameter]
    assert [word for word in [*owners, *names] if f'"{word}"' not in text] == []
