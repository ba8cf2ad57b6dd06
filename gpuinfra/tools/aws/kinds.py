"""The kinds of things that a stack makes in EC2, and how EC2 describes each. Pure.

What goes with another one (the interfaces of a host or an endpoint, the default group of a VPC) is not one of
them. A test compares them with terraform/modules/host.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuinfra.ground.disk_copy import RESTORE_OF


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How EC2 describes one kind. key: of the list in its answer; id_key: of the id that Terraform has.

    part_of: key of what a thing lies in. gone: the states of what is no more, or goes with something else.
    given: more arguments of its operation. tag: only what has this tag is one, and lies in what that names.
    """

    kind: str
    prefix: str
    operation: str
    key: str
    id_key: str
    part_of: str = "VpcId"
    gone: tuple[str, ...] = ()
    filters: str = "Filters"
    given: Mapping[str, Any] = field(default_factory=dict)
    tag: str = ""

    def is_there(self, raw: Mapping[str, Any]) -> bool:
        """Tell whether a thing is of this kind, and a thing by itself."""
        state = raw.get("State", "")
        name = state["Name"] if isinstance(state, dict) else state
        is_default = raw.get("GroupName") == "default"  # it goes with its VPC
        is_egress = self.kind.endswith("egress_rule")
        return name not in self.gone and not is_default and raw.get("IsEgress", is_egress) == is_egress


def _kind(kind: str, prefix: str, operation: str, key: str, id_key: str, **more: Any) -> Kind:
    return Kind(kind=kind, prefix=prefix, operation=operation, key=key, id_key=id_key, **more)


# A volume that is not "available" is on a host, and goes with it.
NOT_AVAILABLE = ("creating", "in-use", "deleting", "deleted", "error")
RULES = ("sgr-", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId")

KINDS = (
    _kind(
        "aws_instance",
        "i-",
        "describe_instances",
        "Reservations",
        "InstanceId",
        gone=("shutting-down", "terminated"),
    ),
    _kind(
        "aws_nat_gateway",
        "nat-",
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        gone=("deleted",),
        filters="Filter",
    ),
    _kind("aws_eip", "eipalloc-", "describe_addresses", "Addresses", "AllocationId"),
    _kind("aws_ebs_volume", "vol-", "describe_volumes", "Volumes", "VolumeId", gone=NOT_AVAILABLE),
    _kind(
        "aws_vpc_endpoint",
        "vpce-",
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        gone=("deleted", "Deleted"),
    ),
    _kind("aws_security_group", "sg-", "describe_security_groups", "SecurityGroups", "GroupId"),
    _kind("aws_vpc_security_group_ingress_rule", *RULES, part_of="GroupId"),
    _kind("aws_vpc_security_group_egress_rule", *RULES, part_of="GroupId"),
    _kind("aws_subnet", "subnet-", "describe_subnets", "Subnets", "SubnetId"),
    _kind("aws_route_table", "rtb-", "describe_route_tables", "RouteTables", "RouteTableId"),
    _kind(
        "aws_internet_gateway", "igw-", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    _kind("aws_vpc", "vpc-", "describe_vpcs", "Vpcs", "VpcId", part_of=""),
    _kind("aws_key_pair", "key-", "describe_key_pairs", "KeyPairs", "KeyName"),
)
# The copy of a stopped host's disk, while it comes back in another place; all other images are users' own.
COPIES = (
    _kind(
        "aws_ami",
        "ami-",
        "describe_images",
        "Images",
        "ImageId",
        gone=("deregistered",),
        given={"Owners": ["self"]},
        tag=RESTORE_OF,
    ),
    _kind(
        "aws_ebs_snapshot",
        "snap-",
        "describe_snapshots",
        "Snapshots",
        "SnapshotId",
        given={"OwnerIds": ["self"]},
        tag=RESTORE_OF,
    ),
)
