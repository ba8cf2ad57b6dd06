"""Instances of moto as machines, and the power button of a host that ends by itself."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import StateReason

from gpuinfra.simulator.api.patches.one_time_spot import is_one_time
from gpuinfra.simulator.machine import FakeGpus, Machine, Opening

_FROM_INSIDE = "Client.InstanceInitiatedShutdown"


def machine_of(instance: Any) -> Machine:
    """Describe one instance."""
    nic = instance.nics[0]
    subnet = nic.subnet
    image = instance.ec2_backend.amis.get(instance.image_id)
    options = instance.metadata_options
    show_tags = options.instance_metadata_tags == "enabled"
    return Machine(
        id=instance.id,
        region=instance.region_name,
        zone=instance.availability_zone or "",
        state=instance._state.name,
        instance_type=instance.instance_type,
        image_id=instance.image_id,
        image_name=image.name if image else "",
        private_ip=nic.private_ip_address or "",
        public_ip=nic.public_ip or "",
        mac=nic.mac_address,
        private_dns=instance.private_dns_name,
        public_dns=instance.public_dns_name or "",
        interface_id=nic.id,
        subnet_id=subnet.id,
        subnet_cidr=subnet.cidr_block,
        vpc_id=subnet.vpc_id,
        user_data=instance.user_data.as_bytes().decode() if instance.user_data else "",
        keys=_keys(instance),
        tags={tag["key"]: tag["value"] for tag in instance.get_tags()} if show_tags else None,
        role=_role(instance),
        spot=instance.lifecycle == "spot",
        http_tokens=options.http_tokens,
        http_endpoint=options.http_endpoint,
        shutdown_behavior=instance.instance_initiated_shutdown_behavior,
        gpu=_gpu(instance.instance_type),
        started=f"{instance.launch_time:%Y-%m-%dT%H:%M:%SZ}",
        openings=tuple(_openings(nic)),
        power_cut=getattr(instance, "power_cut", False) or getattr(instance, "loses_power", False),
    )


def power_off(instance: Any) -> None:
    """Do what EC2 does when an instance shuts itself down."""
    ends = instance.instance_initiated_shutdown_behavior == "terminate" or is_one_time(instance)
    instance.terminate() if ends else instance.stop()
    instance.state_reason = StateReason(f"{_FROM_INSIDE}: Instance initiated shutdown", _FROM_INSIDE)


def _keys(instance: Any) -> dict[str, str]:
    pair = instance.ec2_backend.key_pairs.get(instance.key_name)
    return {instance.key_name: pair.public_key.strip()} if pair else {}


def _role(instance: Any) -> str:
    association = instance.ec2_backend.iam_instance_profile_associations.get(instance.id)
    roles = association.iam_instance_profile.roles if association else []
    return roles[0].name if roles else ""


def _openings(nic: Any) -> Iterator[Opening]:
    """Find what the groups of an interface let in; a rule for any protocol is one for every port."""
    for rule in (rule for group in nic.group_set for rule in group.ingress_rules):
        if rule.ip_protocol in ("tcp", "-1") and (source := (rule.ip_range or {}).get("CidrIp")):
            ports = (0, 65535) if rule.ip_protocol == "-1" else (int(rule.from_port), int(rule.to_port))
            yield Opening(first_port=ports[0], last_port=ports[1], source=source)


def _gpu(instance_type: str) -> FakeGpus | None:
    kinds = INSTANCE_TYPES[instance_type].get("GpuInfo", {}).get("Gpus", [])
    for kind in kinds:
        if kind["Manufacturer"] == "NVIDIA" and kind["Count"]:
            return FakeGpus(
                name=kind["Name"], count=kind["Count"], memory_mib=kind["MemoryInfo"]["SizeInMiB"]
            )
    return None
