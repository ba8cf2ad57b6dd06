"""Where a new host would be put, and what leads from there to the internet."""

from collections.abc import Iterable, Mapping
from typing import Any

from gpuinfra.ground.account_facts import SubnetPlace
from gpuinfra.tools.aws.asking import items

OUT = "0.0.0.0/0"


def places(ec2: Any, subnet_id: str) -> list[SubnetPlace] | None:
    """Return the subnet of this id, else those of the default VPC; None where there is none of it."""
    if subnet_id:
        subnets = _found(ec2, "describe_subnets", "Subnets", {"subnet-id": subnet_id})
        vpcs = [subnet["VpcId"] for subnet in subnets]
    else:
        found = _found(ec2, "describe_vpcs", "Vpcs", {"is-default": "true"})
        vpcs = [vpc["VpcId"] for vpc in found]
        subnets = [
            subnet
            for vpc in vpcs
            for subnet in _found(
                ec2, "describe_subnets", "Subnets", {"vpc-id": vpc, "default-for-az": "true"}
            )
        ]
    if not vpcs:
        return None
    tables = _found(ec2, "describe_route_tables", "RouteTables", {"vpc-id": vpcs[0]})
    return [
        SubnetPlace(
            subnet_id=subnet["SubnetId"],
            zone=subnet["AvailabilityZone"],
            free_addresses=subnet.get("AvailableIpAddressCount", 0),
            way_out=_way_out(_routes(tables, subnet["SubnetId"])),
            vpc_id=subnet.get("VpcId", ""),
        )
        for subnet in subnets
    ]


def _found(ec2: Any, operation: str, key: str, wanted: Mapping[str, str]) -> list[Any]:
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    return list(items(ec2, operation, key, Filters=filters))


def _routes(tables: Iterable[Mapping[str, Any]], subnet_id: str) -> list[Mapping[str, Any]]:
    """Return the routes of the table that a subnet is tied to, else of the VPC's main table."""
    main: list[Mapping[str, Any]] = []
    for table in tables:
        for tie in table.get("Associations", []):
            if tie.get("SubnetId") == subnet_id:
                return list(table.get("Routes", []))
            if tie.get("Main"):
                main = list(table.get("Routes", []))
    return main


def _way_out(routes: Iterable[Mapping[str, Any]]) -> str:
    """Return what the default route leads to: internet gateway, NAT, other; empty where there is none."""
    for route in routes:
        if route.get("DestinationCidrBlock") == OUT and route.get("State") != "blackhole":
            if str(route.get("GatewayId", "")).startswith("igw-"):
                return "internet gateway"
            return "NAT" if route.get("NatGatewayId") else "other"
    return ""
