"""What real plans say of a living host; `python -m tests.plans` keeps them anew in tests/data/plans.json."""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpuinfra.features.provision.resource_names import INSTANCE, KEY_PAIR
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running
from tests import old_states
from tests.running_provider import running_provider
from tests.simulator.aws import client
from tests.terraform import ROOT, Terraform, changes, terraform

ACCESS = INSTANCE.replace("aws_instance.this", "terraform_data.access")
KEPT = ROOT / "tests" / "data" / "plans.json"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other"
# Case -> terraform.tfvars as the user edits it.
EDITS = {
    "zone": 'availability_zone = "us-east-1b"\n',
    "subnet": 'subnet_id = "SUBNET"\n',
    "access": 'access = "ssm"\n',
    "architecture": 'instance_type = "g5g.xlarge"\n',
    "type": 'instance_type = "g4dn.2xlarge"\n',
    "size": "root_volume_size_gb = 256\n",
    "tags": 'job_time_limit = "12h"\n',
}
Host = dict[str, Any]
# Case -> what a second client does to the living host; most are taken back by an apply.
DRIFT: dict[str, Callable[[Any, Host], object]] = {
    "type outside": lambda ec2, host: _set_type(ec2, host, "g4dn.2xlarge"),
    "architecture outside": lambda ec2, host: _set_type(ec2, host, "g5g.xlarge"),
    "key pair deleted": lambda ec2, host: ec2.delete_key_pair(KeyName=host["KeyName"]),
    "EBS optimisation off": lambda ec2, host: ec2.modify_instance_attribute(
        InstanceId=host["InstanceId"], EbsOptimized={"Value": False}
    ),
    "disk grown outside": lambda ec2, host: ec2.modify_volume(
        VolumeId=host["BlockDeviceMappings"][0]["Ebs"]["VolumeId"], Size=300
    ),
    "gone": lambda ec2, host: ec2.terminate_instances(InstanceIds=[host["InstanceId"]]),
}


def _living(ec2: Any) -> Host:
    alive = [{"Name": "instance-state-name", "Values": ["running"]}]
    host: Host = ec2.describe_instances(Filters=alive)["Reservations"][0]["Instances"][0]
    return host


def _set_type(ec2: Any, host: Host, instance_type: str) -> None:
    ec2.stop_instances(InstanceIds=[host["InstanceId"]])
    ec2.modify_instance_attribute(InstanceId=host["InstanceId"], InstanceType={"Value": instance_type})
    ec2.start_instances(InstanceIds=[host["InstanceId"]])


def all_plans(root: Terraform, sim: Simulator) -> dict[str, Any]:
    """Return case -> plan; the host is made by the first apply and gone after the last case."""
    ec2, values = client("ec2", sim), root.directory / "terraform.tfvars"
    own = values.read_text() + 'image = "aws-nvidia"\n'
    values.write_text(own)
    root.apply()
    subnets = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1c"]}])
    plans = {"nothing": root.plan()}
    for case, edit in EDITS.items():
        values.write_text(own + edit.replace("SUBNET", subnets["Subnets"][0]["SubnetId"]))
        plans[case] = root.plan()
    values.write_text(own)
    plans["asked for"] = root.plan(f"-replace={INSTANCE}")
    key = root.directory / "key.pub"
    old_key = key.read_text()
    key.write_text(old_key.strip() + "@new-laptop\n")
    plans["comment"] = root.plan()
    key.write_text(OTHER_KEY)
    plans["key"] = root.plan(f"-replace={KEY_PAIR}")
    key.write_text(old_key)
    root.ok("taint", INSTANCE)
    plans["tainted"] = root.plan()
    root.ok("untaint", INSTANCE)
    for case, do in DRIFT.items():
        do(ec2, _living(ec2))
        plans[case] = root.plan()
        if case not in ("disk grown outside", "gone"):  # nothing takes a disk back
            root.apply()
    return plans


def trimmed(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what of a plan tells of the host, of the values only those that differ."""
    found = {*changes(plan)} & {INSTANCE, KEY_PAIR, ACCESS}
    return {
        "resource_changes": [_trimmed(r) for r in plan["resource_changes"] if r["address"] in found],
        "resource_drift": [_trimmed(r) for r in plan.get("resource_drift", []) if r["address"] == INSTANCE],
    }


def _trimmed(resource: dict[str, Any]) -> dict[str, Any]:
    change = resource["change"]
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    names = {n for n in {*before, *after, *unknown} if before.get(n) != after.get(n) or n in unknown}
    kept = {"actions": change["actions"]} | {
        side: {n: v for n, v in (change.get(side) or {}).items() if n in names}
        for side in ("before", "after", "after_unknown")
    }
    if "replace_paths" in change:
        kept["replace_paths"] = change["replace_paths"]
    keys = ("address", "module_address", "mode", "type", "name", "action_reason", "deposed")
    return {key: resource[key] for key in keys if key in resource} | {"change": kept}


def keep() -> None:
    """Make a host, plan all cases, and keep the plans as test data."""
    with running() as sim, tempfile.TemporaryDirectory(prefix="gpuinfra-plans-") as scratch:
        directory = Path(scratch) / "root"
        directory.mkdir()
        old_states.take_new_tree(directory)
        old_states.write_values(directory, "default", {})
        root = terraform(directory, sim)
        root.init()
        with running_provider(directory / ".terraform", sim.env()) as provider:
            plans = all_plans(terraform(directory, sim, provider), sim)
    kept = {case: trimmed(plan) for case, plan in plans.items()}
    lines = (f"{json.dumps(case)}: {json.dumps(plan, sort_keys=True)}" for case, plan in kept.items())
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.stdout.write(f"kept: {', '.join(kept)}\n")


if __name__ == "__main__":
    keep()
