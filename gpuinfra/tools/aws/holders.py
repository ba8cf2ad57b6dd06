"""What hangs in a security group, a subnet or a VPC, so that AWS does not delete it: in words, with ids."""

from collections.abc import Iterator
from typing import Any

from gpuinfra.tools.aws.asking import items

FILTER = {"sg-": "group-id", "subnet-": "subnet-id", "vpc-": "vpc-id"}


def holders(ec2: Any, resource_id: str) -> list[str]:
    """Return what AWS shows in it: interfaces, with their hosts; of a group and a VPC other groups, too."""
    prefix = f"{resource_id.partition('-')[0]}-"
    if prefix not in FILTER:
        return []
    inside = [{"Name": FILTER[prefix], "Values": [resource_id]}]
    interfaces = items(ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=inside)
    return [*map(_interface, interfaces), *_groups(ec2, prefix, resource_id)]


def _interface(raw: dict[str, Any]) -> str:
    host = raw.get("Attachment", {}).get("InstanceId", "")
    of = f"of host {host}" if host else raw.get("Description", "")
    return f"network interface {raw['NetworkInterfaceId']}" + (f" ({of})" if of else "")


def _groups(ec2: Any, prefix: str, resource_id: str) -> Iterator[str]:
    """Find groups that let this one in, or that lie in this VPC beside the one that goes with it."""
    name = {"sg-": "ip-permission.group-id", "vpc-": "vpc-id"}.get(prefix)
    if not name:
        return
    for raw in items(
        ec2, "describe_security_groups", "SecurityGroups", Filters=[{"Name": name, "Values": [resource_id]}]
    ):
        if raw["GroupId"] != resource_id and raw["GroupName"] != "default":
            yield f"security group {raw['GroupId']} ({raw['GroupName']})"
