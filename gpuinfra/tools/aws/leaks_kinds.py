"""The kinds in EC2 that carry a stack's tags, and what of each tells its price and its age. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gpuinfra.ground.model import Tags
from gpuinfra.tools.aws.kinds import KINDS, Kind

GONE = ("deleting", "deleted", "Deleting", "Deleted", "terminated", "shutting-down")
FREE_OF_ANOTHER = ("available",)  # an interface that is in use goes with what uses it


@dataclass(frozen=True, kw_only=True)
class SweptKind:
    """One kind of EC2; given: more arguments of its operation; facts: values of TaggedResource."""

    kind: Kind
    given: Mapping[str, Any] = field(default_factory=dict)
    facts: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}


def tags_of(raw: Iterable[Mapping[str, str]]) -> Tags:
    """Return whose something is, by its tags; no stack: nobody's that we know of."""
    tags = {tag["Key"]: tag["Value"] for tag in raw}
    names = ("project", "stack", "owner")
    return Tags(**{name: tags.get(f"gpuinfra:{name}", "") for name in names})


def state(raw: Mapping[str, Any]) -> str:
    """Return AWS's word for how something is, empty where it has none."""
    said = raw.get("State") or raw.get("Status") or ""
    return str(said["Name"] if isinstance(said, dict) else said)


def is_there(kind: Kind, raw: Mapping[str, Any]) -> bool:
    """Tell whether something is there by itself."""
    if kind.kind == "aws_network_interface":
        return state(raw) in FREE_OF_ANOTHER
    return state(raw) not in GONE and raw.get("GroupName") != "default"


def made_at(raw: Mapping[str, Any]) -> str:
    """Return when something was made as ISO 8601; empty where EC2 does not say."""
    for key in ("LaunchTime", "CreateTime", "StartTime", "CreationTimestamp", "CreationDate"):
        if told := raw.get(key):
            return told.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(told, datetime) else str(told)
    return ""


def _host(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An address that is the account's own is a thing of its own; one of Amazon's came with the host."""
    addresses = [card.get("Association", {}) for card in raw.get("NetworkInterfaces", [])]
    return {
        "instance_type": raw.get("InstanceType", ""),
        "availability_zone": raw.get("Placement", {}).get("AvailabilityZone", ""),
        "is_spot": raw.get("InstanceLifecycle") == "spot",
        "has_address": any(it.get("IpOwnerId") == "amazon" for it in addresses),
    }


def _volume(raw: Mapping[str, Any]) -> dict[str, Any]:
    with_host = [at["InstanceId"] for at in raw.get("Attachments", []) if at.get("DeleteOnTermination")]
    return {
        "goes_with": with_host[0] if with_host else "",
        "volume_type": raw.get("VolumeType", ""),
        "size_gb": raw.get("Size", 0),
        "iops": raw.get("Iops") or 0,
        "throughput_mib_s": raw.get("Throughput") or 0,
    }


def _snapshot(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"size_gb": raw.get("VolumeSize", 0)}


def _image(raw: Mapping[str, Any]) -> dict[str, Any]:
    disks = [disk.get("Ebs", {}) for disk in raw.get("BlockDeviceMappings", [])]
    return {"size_gb": sum(disk.get("VolumeSize", 0) for disk in disks if disk.get("SnapshotId"))}


def _endpoint(raw: Mapping[str, Any]) -> dict[str, Any]:
    """One to S3 by a route is free; one with interfaces costs for each zone."""
    return {"zones": len(raw.get("SubnetIds", [])) if raw.get("VpcEndpointType") == "Interface" else 0}


def _more(kind: str, prefix: str, operation: str, key: str, id_key: str) -> Kind:
    return Kind(kind=kind, prefix=prefix, operation=operation, key=key, id_key=id_key)


FACTS = {
    "aws_instance": _host,
    "aws_ebs_volume": _volume,
    "aws_vpc_endpoint": _endpoint,
    "aws_ebs_snapshot": _snapshot,
    "aws_ami": _image,
}
MINE = {"aws_ebs_snapshot": {"OwnerIds": ["self"]}, "aws_ami": {"Owners": ["self"]}}
# What a stack does not make by itself, but what is made of one and takes its tags along.
MADE_OF_STACKS = (
    _more("aws_ami", "ami-", "describe_images", "Images", "ImageId"),
    _more("aws_ebs_snapshot", "snap-", "describe_snapshots", "Snapshots", "SnapshotId"),
    _more(
        "aws_network_interface",
        "eni-",
        "describe_network_interfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
    ),
    _more("aws_launch_template", "lt-", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
)
SWEPT = tuple(
    SweptKind(kind=kind, given=MINE.get(kind.kind, {}), facts=FACTS.get(kind.kind, lambda _: {}))
    for kind in (*(replace(it, gone=()) for it in KINDS if not it.kind.endswith("_rule")), *MADE_OF_STACKS)
)
