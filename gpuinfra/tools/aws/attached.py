"""What others have attached to an instance, in words: the receipt of `down` knows prices of some of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gpuinfra.ground.model import Instance

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

FREE_IOPS, FREE_MIB_S = 3000, 125  # of a gp3 volume, https://aws.amazon.com/ebs/pricing/


def not_ours(ec2: "EC2Client", host: Instance, known: Collection[str]) -> list[str]:
    """Return what is attached to an instance and stays when it goes: what Terraform made (`known`) goes."""
    on_host = {"Name": "instance-id", "Values": [host.instance_id]}
    addresses = ec2.describe_addresses(Filters=[on_host])["Addresses"]  # type: ignore[list-item]
    return [
        *(f"volume {name}, {what}" for name, what in _volumes(ec2, host.other_volume_ids).items()),
        *(f"address {a.get('PublicIp')}" for a in addresses if a.get("AllocationId") not in known),
        *(f"network interface {name}" for name in host.other_interface_ids),
    ]


def _volumes(ec2: "EC2Client", ids: Sequence[str]) -> dict[str, str]:
    """Return the size of volumes in words, and what else their price depends on; a plain gp3 has the size."""
    volumes = ec2.describe_volumes(VolumeIds=list(ids))["Volumes"] if ids else []
    return {v.get("VolumeId", ""): f"{v.get('Size', 0)} GB{_of_price(v)}" for v in volumes}


def _of_price(raw: Mapping[str, Any]) -> str:
    kind, iops, throughput = raw.get("VolumeType", "gp3"), raw.get("Iops", 0), raw.get("Throughput", 0)
    if kind != "gp3":
        return f" ({kind})"
    is_plain = iops <= FREE_IOPS and throughput <= FREE_MIB_S
    return "" if is_plain else f" (gp3, {iops} IOPS, {throughput} MiB/s)"
