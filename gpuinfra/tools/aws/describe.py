"""What EC2 says of instances, their types and what is attached to them, as values."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto

from gpuinfra.ground.model import FirewallRule, HostDetails, Instance, TypeFacts
from gpuinfra.ground.pool import ON_DEMAND
from gpuinfra.ground.reservation import TAG

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, SecurityGroupRuleTypeDef, SecurityGroupTypeDef

SSH_PORT = 22
TAKEN_BACK = "Server.SpotInstance"
# StateTransitionReason: "User initiated (2026-01-02 03:04:05 GMT)"; no format is promised.
REASON = re.compile(r"\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)")


def instance(raw: "InstanceTypeDef") -> Instance:
    """Return an instance of DescribeInstances as a value."""
    launched = raw.get("LaunchTime")
    state, made = raw.get("State", {}).get("Name", "unknown"), ""
    if launched:
        made = launched.strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = REASON.search(raw.get("StateTransitionReason", ""))
    since = f"{changed[1]}T{changed[2]}Z" if changed else ""
    disks = [disk.get("Ebs", {}) for disk in raw.get("BlockDeviceMappings", [])]
    attached = [disk["AttachTime"] for disk in disks if disk.get("AttachTime")]
    cards = [
        (c.get("NetworkInterfaceId", ""), c.get("Attachment", {})) for c in raw.get("NetworkInterfaces", [])
    ]
    return Instance(
        instance_id=raw.get("InstanceId", ""),
        state=state,
        instance_type=raw.get("InstanceType", ""),
        public_ip=raw.get("PublicIpAddress", ""),
        launched=made,
        since=made if state in ("pending", "running") else since,
        reason="" if state in ("pending", "running") else raw.get("StateReason", {}).get("Message", ""),
        security_group_ids=tuple(g.get("GroupId", "") for g in raw.get("SecurityGroups", [])),
        availability_zone=raw.get("Placement", {}).get("AvailabilityZone", ""),
        architecture=raw.get("Architecture", ""),
        ami_id=raw.get("ImageId", ""),
        volume_ids=tuple(d.get("VolumeId", "") for d in disks if d.get("DeleteOnTermination")),
        other_volume_ids=tuple(d.get("VolumeId", "") for d in disks if not d.get("DeleteOnTermination")),
        other_interface_ids=tuple(
            name for name, at in cards if at.get("DeviceIndex") and not at.get("DeleteOnTermination")
        ),
        market=raw.get("InstanceLifecycle") or ON_DEMAND,
        spot_request_id=raw.get("SpotInstanceRequestId", ""),
        made=min(attached).strftime("%Y-%m-%dT%H:%M:%SZ") if attached else "",
        reservation_id=_reservation(raw),
        block_ends=next((tag.get("Value", "") for tag in raw.get("Tags", []) if tag.get("Key") == TAG), ""),
    )


def _reservation(raw: "InstanceTypeDef") -> str:
    """Return the reservation that it was launched for: a stopped one is in none just now."""
    target = raw.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    return target.get("CapacityReservationId", "")


def told_why(ec2: "EC2Client", gone: Instance) -> Instance:
    """Return a spot instance that is gone with why EC2 took it back: its request alone says that.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html
    """
    if not (gone.spot_request_id and gone.reason.startswith(TAKEN_BACK)):
        return gone
    with suppress(boto.ClientError):  # who may not ask is told what the instance itself says
        found = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[gone.spot_request_id])
        codes = [raw.get("Status", {}).get("Code", "") for raw in found["SpotInstanceRequests"]]
        return replace(gone, reason=f"{gone.reason} ({codes[0]})") if any(codes) else gone
    return gone


def type_facts(ec2: "EC2Client", instance_type: str) -> TypeFacts | None:
    """Return what EC2 sells under this name, None when the region has no such type."""
    names = {"Name": "instance-type", "Values": [instance_type]}
    found = ec2.describe_instance_types(Filters=[names])["InstanceTypes"]  # type: ignore[list-item]
    if not found:
        return None
    offers = ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[names],  # type: ignore[list-item]
    )["InstanceTypeOfferings"]
    gpus = found[0].get("GpuInfo", {}).get("Gpus", [])
    return TypeFacts(
        architectures=tuple(found[0].get("ProcessorInfo", {}).get("SupportedArchitectures", [])),
        # A type with a part of a GPU counts 0 of them, and the host sees one.
        gpu_count=sum(max(1, g.get("Count", 0)) for g in gpus if g.get("Manufacturer") == "NVIDIA"),
        zones=tuple(sorted(offer.get("Location", "") for offer in offers)),
    )


def details(ec2: "EC2Client", host: Instance) -> HostDetails:
    """Return the GPUs of an instance, its disk, and who may reach its ssh port."""
    ids = list(host.security_group_ids)
    groups = ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"] if ids else []  # none asks for all
    facts = type_facts(ec2, host.instance_type)
    return HostDetails(
        gpu_count=facts.gpu_count if facts else 0,
        root_volume_size_gb=sum(_sizes_gb(ec2, host.volume_ids).values()),
        ssh_from=tuple(sorted({cidr for group in groups for cidr in _let_in(group)})),
    )


def has_image(ec2: "EC2Client", ami_id: str) -> bool:
    """Tell whether the account is shown this image: its own, a public one, or one that is shared with it."""
    wanted = {"Name": "image-id", "Values": [ami_id]}
    return bool(ec2.describe_images(Filters=[wanted])["Images"])  # type: ignore[list-item]


def public_key(ec2: "EC2Client", key_name: str) -> str | None:
    """Return the public key of a key pair as type and key, empty where AWS keeps none; None: no such pair."""
    wanted = {"Name": "key-name", "Values": [key_name]}
    pairs = ec2.describe_key_pairs(Filters=[wanted], IncludePublicKey=True)["KeyPairs"]  # type: ignore[list-item]
    texts = [pair.get("PublicKey", "") for pair in pairs]
    return " ".join(texts[0].split()[:2]) if texts else None


def rules(ec2: "EC2Client", group_ids: Sequence[str]) -> list[FirewallRule]:
    """Return all rules of some security groups, each with its id."""
    wanted = {"Name": "group-id", "Values": list(group_ids)}
    pages = ec2.get_paginator("describe_security_group_rules").paginate(Filters=[wanted])  # type: ignore[list-item]
    return [_rule(raw) for page in pages for raw in page["SecurityGroupRules"]]


def _sizes_gb(ec2: "EC2Client", ids: Sequence[str]) -> dict[str, int]:
    volumes = ec2.describe_volumes(VolumeIds=list(ids))["Volumes"] if ids else []
    return {v.get("VolumeId", ""): v.get("Size", 0) for v in volumes}


def _rule(raw: "SecurityGroupRuleTypeDef") -> FirewallRule:
    peers = (
        raw.get("CidrIpv4"),
        raw.get("CidrIpv6"),
        raw.get("PrefixListId"),
        raw.get("ReferencedGroupInfo", {}).get("GroupId"),
    )
    return FirewallRule(
        rule_id=raw.get("SecurityGroupRuleId", ""),
        group_id=raw.get("GroupId", ""),
        way="egress" if raw.get("IsEgress") else "ingress",
        protocol=raw.get("IpProtocol", ""),
        first_port=raw.get("FromPort", -1),
        last_port=raw.get("ToPort", -1),
        peer=next((peer for peer in peers if peer), "somewhere"),
    )


def _let_in(group: "SecurityGroupTypeDef") -> list[str]:
    """Return the addresses and groups that a security group lets in to port 22."""
    found: list[str] = []
    for rule in group.get("IpPermissions", []):
        first, last = rule.get("FromPort", 0), rule.get("ToPort", 65535)
        if rule.get("IpProtocol") in ("tcp", "-1") and first <= SSH_PORT <= last:
            found += [r.get("CidrIp", "") for r in rule.get("IpRanges", [])]
            found += [r.get("CidrIpv6", "") for r in rule.get("Ipv6Ranges", [])]
            found += [r.get("PrefixListId", "") for r in rule.get("PrefixListIds", [])]
            found += [r.get("GroupId", "") for r in rule.get("UserIdGroupPairs", [])]
    return found


def attribute(ec2: Any, instance_id: str, name: str) -> object:
    """Return an attribute that only its owner may see; None where it is not set."""
    found = ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=name[0].lower() + name[1:])
    return found.get(name, {}).get("Value")
