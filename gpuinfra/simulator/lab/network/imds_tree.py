"""What the instance metadata service says of an instance, as nested dicts; pure."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from gpuinfra.simulator.machine import Machine

VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")
Node = str | bytes | Mapping[str, Any]


def tree(machine: Machine, extra: Mapping[str, Any]) -> dict[str, Node]:
    """Return all that lies below a version; `extra` is what a test adds, see imds.py."""
    found: dict[str, Node] = {
        "meta-data": _meta_data(machine, extra),
        "dynamic": {"instance-identity": {"document": _identity(machine)}},
    }
    if machine.user_data:
        found["user-data"] = base64.b64decode(machine.user_data)
    return found


def find(node: Node, path: list[str]) -> Node | None:
    """Return what lies at a path, or None."""
    for name in path:
        if not isinstance(node, Mapping) or name not in node:
            return None
        node = node[name]
    return node


def listing(node: Mapping[str, Any]) -> str:
    """Return a directory as the service lists it: folders end in a slash, keys of users are numbered."""
    if "0" in node and "openssh-key" in node["0"]:
        return "\n".join(f"{number}={key['name']}" for number, key in node.items())
    return "\n".join(f"{name}/" if isinstance(it, Mapping) else name for name, it in node.items())


def _meta_data(machine: Machine, extra: Mapping[str, Any]) -> dict[str, Node]:
    found: dict[str, Any] = {
        "ami-id": machine.image_id,
        "ami-launch-index": "0",
        "hostname": machine.private_dns,
        "instance-id": machine.id,
        "instance-life-cycle": "spot" if machine.spot else "on-demand",
        "instance-type": machine.instance_type,
        "local-hostname": machine.private_dns,
        "local-ipv4": machine.private_ip,
        "mac": machine.mac,
        "network": {"interfaces": {"macs": {machine.mac: _interface(machine)}}},
        "placement": {"availability-zone": machine.zone, "region": machine.region},
        "public-hostname": machine.public_dns,
        "public-ipv4": machine.public_ip,
        "public-keys": _keys(machine),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        "tags": {"instance": dict(machine.tags)} if machine.tags else {},
        "iam": _iam(machine.role) if machine.role else {},
        **_notices({**machine.notices, **extra}),
    }
    return {name: value for name, value in found.items() if value}


def _interface(machine: Machine) -> dict[str, str]:
    found = {
        "device-number": "0",
        "interface-id": machine.interface_id,
        "local-hostname": machine.private_dns,
        "local-ipv4s": machine.private_ip,
        "mac": machine.mac,
        "public-ipv4s": machine.public_ip,
        "subnet-id": machine.subnet_id,
        "subnet-ipv4-cidr-block": machine.subnet_cidr,
        "vpc-id": machine.vpc_id,
    }
    return {name: value for name, value in found.items() if value}


def _keys(machine: Machine) -> dict[str, dict[str, str]]:
    # "name" is for listing() alone
    named = enumerate(machine.keys.items())
    return {str(number): {"name": name, "openssh-key": key} for number, (name, key) in named}


def _notices(extra: Mapping[str, Any]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    if action := extra.get("spot-action"):
        found["spot"] = {"instance-action": json.dumps(action), "termination-time": action["time"]}
    if rebalance := extra.get("rebalance"):
        found["events"] = {"recommendations": {"rebalance": json.dumps(rebalance)}}
    return found


def _iam(role: str) -> dict[str, Node]:
    credentials = {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": "simulator",
        "SecretAccessKey": "simulator",
        "Token": "simulator",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    profile = f"arn:aws:iam::123456789012:instance-profile/{role}"
    return {
        "info": json.dumps({"Code": "Success", "InstanceProfileArn": profile}),
        "security-credentials": {role: json.dumps(credentials)},
    }


def _identity(machine: Machine) -> str:
    document = {
        "accountId": "123456789012",
        "architecture": "x86_64",
        "availabilityZone": machine.zone,
        "imageId": machine.image_id,
        "instanceId": machine.id,
        "instanceType": machine.instance_type,
        "pendingTime": machine.started,
        "privateIp": machine.private_ip,
        "region": machine.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)
