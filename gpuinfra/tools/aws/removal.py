"""How a thing that a stack has made is removed: each kind by its own calls, once more as often as needed.

A call is made until nothing is left of the thing: what AWS takes time for, or still holds back, is no error.
"""

from collections.abc import Callable
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.model import CloudResource
from gpuinfra.tools.aws.asking import code, items
from gpuinfra.tools.aws.client import client
from gpuinfra.tools.aws.inventory import INTERNET
from gpuinfra.tools.aws.leaks_removal import MADE_OF_STACKS

HELD = (
    "DependencyViolation",
    "DeleteConflict",
    "IncorrectState",
    "InvalidIPAddress.InUse",
    "InvalidSnapshot.InUse",
    "ResourceInUse",
    "VolumeInUse",
)
Remover = Callable[[Any, str], bool]


def service(kind: str) -> str:
    """Return the service of AWS that a kind belongs to."""
    others = {
        "aws_iam_": "iam",
        "aws_scheduler_": "scheduler",
        "aws_budgets_": "budgets",
        "aws_sfn_": "states",
    }
    return next((name for start, name in others.items() if kind.startswith(start)), "ec2")


def remove(ec2: Any, one: CloudResource) -> bool:
    """Remove something, or go on with that; tell whether it is gone.

    Raises:
        boto.ClientError: AWS refuses for another reason than that something holds it.
    """
    try:
        if one.kind.startswith("aws_iam_"):
            return IAM[one.kind](client("iam", ec2.meta.region_name), one.resource_id)
        if one.kind in SCHEDULER:
            return SCHEDULER[one.kind](client("scheduler", ec2.meta.region_name), one.resource_id)
        if one.kind in RULES:
            getattr(ec2, RULES[one.kind])(GroupId=one.part_of, SecurityGroupRuleIds=[one.resource_id])
            return True
        return (EC2 | MADE_OF_STACKS)[one.kind](ec2, one.resource_id)
    except boto.ClientError as error:
        if "NotFound" in code(error) or code(error) in ("NoSuchEntity", "InvalidAMIID.Unavailable"):
            return True
        if code(error) in HELD:
            return False
        raise


def _nat_gateway(ec2: Any, name: str) -> bool:
    by_id = {"Name": "nat-gateway-id", "Values": [name]}
    states = [raw["State"] for raw in items(ec2, "describe_nat_gateways", "NatGateways", Filter=[by_id])]
    if any(state not in ("deleting", "deleted") for state in states):
        ec2.delete_nat_gateway(NatGatewayId=name)
        return False
    return "deleting" not in states


def _address(ec2: Any, name: str) -> bool:
    """Release an address; while something has it, AWS would answer as if it were another account's."""
    by_id = {"Name": "allocation-id", "Values": [name]}
    found = ec2.describe_addresses(Filters=[by_id])["Addresses"]
    if any(one.get("AssociationId") for one in found):
        return False
    if found:
        ec2.release_address(AllocationId=name)
    return True


def _endpoint(ec2: Any, name: str) -> bool:
    ec2.delete_vpc_endpoints(VpcEndpointIds=[name])
    found = items(ec2, "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[name])
    return all(raw["State"].lower() == "deleted" for raw in found)


def _route_table(ec2: Any, name: str) -> bool:
    by_id = {"Name": "route-table-id", "Values": [name]}
    for raw in items(ec2, "describe_route_tables", "RouteTables", Filters=[by_id]):
        for tie in raw.get("Associations", []):
            ec2.disassociate_route_table(AssociationId=tie["RouteTableAssociationId"])
    ec2.delete_route_table(RouteTableId=name)
    return True


def _route(ec2: Any, name: str) -> bool:
    ec2.delete_route(RouteTableId=name.removeprefix("r-"), DestinationCidrBlock=INTERNET)
    return True


def _internet_gateway(ec2: Any, name: str) -> bool:
    by_id = {"Name": "internet-gateway-id", "Values": [name]}
    for raw in items(ec2, "describe_internet_gateways", "InternetGateways", Filters=[by_id]):
        for tie in raw.get("Attachments", []):
            ec2.detach_internet_gateway(InternetGatewayId=name, VpcId=tie["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=name)
    return True


def _instance_profile(iam: Any, name: str) -> bool:
    for role in iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
    iam.delete_instance_profile(InstanceProfileName=name)
    return True


def _role(iam: Any, name: str) -> bool:
    for policy in items(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy_name in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
    iam.delete_role(RoleName=name)
    return True


def _by(operation: str, argument: str) -> Remover:
    """Return what removes a kind by one call."""

    def call(ec2: Any, name: str) -> bool:
        getattr(ec2, operation)(**{argument: name})
        return True

    return call


IAM: dict[str, Remover] = {"aws_iam_instance_profile": _instance_profile, "aws_iam_role": _role}
SCHEDULER = {"aws_scheduler_schedule_group": _by("delete_schedule_group", "Name")}  # with all in it
RULES = {
    "aws_vpc_security_group_ingress_rule": "revoke_security_group_ingress",
    "aws_vpc_security_group_egress_rule": "revoke_security_group_egress",
}
EC2: dict[str, Remover] = {
    "aws_nat_gateway": _nat_gateway,
    "aws_eip": _address,
    "aws_ebs_volume": _by("delete_volume", "VolumeId"),
    "aws_vpc_endpoint": _endpoint,
    "aws_security_group": _by("delete_security_group", "GroupId"),
    "aws_route_table_association": _by("disassociate_route_table", "AssociationId"),
    "aws_route": _route,
    "aws_subnet": _by("delete_subnet", "SubnetId"),
    "aws_route_table": _route_table,
    "aws_internet_gateway": _internet_gateway,
    "aws_vpc": _by("delete_vpc", "VpcId"),
    "aws_key_pair": _by("delete_key_pair", "KeyName"),
}
