"""What a host stands on, found from the host itself: its groups, key and role, and the network made for it.

Tags may have been edited; what a host uses cannot lie. Only whether its network is ours is told by the tags.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gpuinfra.ground.model import Part
from gpuinfra.tools.aws.asking import Asking, items, tagged_as
from gpuinfra.tools.aws.client import client
from gpuinfra.tools.aws.leaks_global import budgets

# What Terraform appends to a prefix: 18 digits of time and 8 hex digits.
UNIQUE = re.compile(r"[0-9]{18}[0-9a-f]{8}\Z")
RULES = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")


def parts(ec2: Any, instance_id: str, marks: Mapping[str, str]) -> Iterator[Part]:
    """Find them; `marks`: the tags that a network of ours carries.

    Raises:
        boto.ClientError: AWS refuses.
    """
    for host in items(ec2, "describe_instances", "Reservations", InstanceIds=[instance_id]):
        yield _part("aws_instance", instance_id)
        for pair in _where(ec2, "describe_key_pairs", "KeyPairs", key_name=host.get("KeyName", "")):
            yield _part("aws_key_pair", pair["KeyName"], key_name_prefix=_prefix(pair["KeyName"]))
        for address in _where(ec2, "describe_addresses", "Addresses", instance_id=instance_id):
            if tagged_as(address, marks) is not None:  # what somebody else tied to the host stays theirs
                yield _part("aws_eip", address["AllocationId"])
                yield _part("aws_eip_association", address["AssociationId"])
        yield from _identity(ec2, host.get("IamInstanceProfile", {}).get("Arn", ""))
        groups = [group["GroupId"] for group in host.get("SecurityGroups", [])]
        for vpc in _where(ec2, "describe_vpcs", "Vpcs", vpc_id=host.get("VpcId", "")):
            if tagged_as(vpc, marks) is not None:
                yield from _network(ec2, vpc)
        yield from _groups(ec2, groups)
        yield from _budgets(ec2, marks)


def _part(kind: str, import_id: str, part_of: str = "", **values: object) -> Part:
    texts = {name: str(value) for name, value in values.items() if value is not None}
    return Part(kind=kind, import_id=import_id, part_of=part_of, values=texts)


def _where(ec2: Any, operation: str, key: str, filters: str = "Filters", **equal: str) -> Iterator[Any]:
    """Find what has these values; names of filters are written with a dash."""
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in equal.items()]
    return items(ec2, operation, key, **{filters: asked})


def _prefix(name: str) -> str:
    return UNIQUE.sub("", name)


def _identity(ec2: Any, profile_arn: str) -> Iterator[Part]:
    """Find the instance profile, its role, and what is attached to that."""
    iam, name = client("iam", ec2.meta.region_name), profile_arn.rpartition("/")[2]
    if not name:
        return
    try:
        profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except iam.exceptions.NoSuchEntityException:
        return
    yield _part("aws_iam_instance_profile", name, name_prefix=_prefix(name))
    for role in (raw["RoleName"] for raw in profile["Roles"]):
        yield _part("aws_iam_role", role, name_prefix=_prefix(role))
        for inline in items(iam, "list_role_policies", "PolicyNames", RoleName=role):
            yield _part("aws_iam_role_policy", f"{role}:{inline}", name_prefix=_prefix(inline))


def _budgets(ec2: Any, marks: Mapping[str, str]) -> Iterator[Part]:
    """Find the stack's budget, whose name says the region; none for whom budgets are not shown."""
    region = ec2.meta.region_name
    with Asking()("budgets", is_told=False):
        for one in budgets(client("budgets", region), client("sts", region).get_caller_identity()):
            name = one.resource_id.partition(":")[2]
            if one.tags.of_any_owner() == marks and f"-{region}-" in name:
                yield _part("aws_budgets_budget", one.resource_id, name_prefix=_prefix(name))


def _groups(ec2: Any, ids: list[str]) -> Iterator[Part]:
    """Find security groups and their rules."""
    for group in items(ec2, "describe_security_groups", "SecurityGroups", GroupIds=ids) if ids else ():
        name = group["GroupId"]
        yield _part("aws_security_group", name, name_prefix=_prefix(group["GroupName"]))
        for rule in _where(ec2, "describe_security_group_rules", "SecurityGroupRules", group_id=name):
            yield _part(
                RULES[rule["IsEgress"]],
                rule["SecurityGroupRuleId"],
                name,
                cidr_ipv4=rule.get("CidrIpv4"),
                cidr_ipv6=rule.get("CidrIpv6"),
                ip_protocol=rule.get("IpProtocol"),
                from_port=rule.get("FromPort"),
                to_port=rule.get("ToPort"),
            )


def _network(ec2: Any, vpc: Mapping[str, Any]) -> Iterator[Part]:
    """Find a network with all that lies in it, but the groups."""
    name = vpc["VpcId"]
    yield _part("aws_vpc", name, cidr_block=vpc["CidrBlock"])
    closed = _where(ec2, "describe_security_groups", "SecurityGroups", vpc_id=name, group_name="default")
    for group in closed:
        yield _part("aws_default_security_group", group["GroupId"])
    for subnet in _where(ec2, "describe_subnets", "Subnets", vpc_id=name):
        yield _part("aws_subnet", subnet["SubnetId"], cidr_block=subnet["CidrBlock"])
    for table in _where(ec2, "describe_route_tables", "RouteTables", vpc_id=name):
        yield from _table(table)
    gates = items(
        ec2,
        "describe_internet_gateways",
        "InternetGateways",
        Filters=[{"Name": "attachment.vpc-id", "Values": [name]}],
    )
    for gate in gates:
        yield _part("aws_internet_gateway", gate["InternetGatewayId"])
    for nat in _where(ec2, "describe_nat_gateways", "NatGateways", "Filter", vpc_id=name, state="available"):
        yield _part("aws_nat_gateway", nat["NatGatewayId"])
        for address in nat["NatGatewayAddresses"]:
            yield _part("aws_eip", address["AllocationId"])
    for endpoint in _where(ec2, "describe_vpc_endpoints", "VpcEndpoints", vpc_id=name):
        yield _part("aws_vpc_endpoint", endpoint["VpcEndpointId"], service_name=endpoint["ServiceName"])


def _table(table: Mapping[str, Any]) -> Iterator[Part]:
    """Find a route table that is tied to a subnet, the tie, and the ways out that were put into it."""
    name = table["RouteTableId"]
    for subnet in filter(None, (tie.get("SubnetId") for tie in table["Associations"])):
        yield _part("aws_route_table", name, subnet)
        yield _part("aws_route_table_association", f"{subnet}/{name}", subnet)
    for route in table["Routes"]:
        to = route.get("DestinationCidrBlock", "")
        gate, nat = route.get("GatewayId", ""), route.get("NatGatewayId")
        if gate.startswith("igw-"):
            yield _part("aws_route", f"{name}_{to}", destination_cidr_block=to, gateway_id=gate)
        elif nat:
            yield _part("aws_route", f"{name}_{to}", destination_cidr_block=to, nat_gateway_id=nat)
