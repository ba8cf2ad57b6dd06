"""How what `leaks` finds beside a stack's own things is removed: what was made of one, or stands alone."""

from collections.abc import Callable
from typing import Any

from gpuinfra.tools.aws.asking import items
from gpuinfra.tools.aws.client import client

Remover = Callable[[Any, str], bool]


def _image(ec2: Any, name: str) -> bool:
    """Deregister an image, then delete the snapshots that it was made of: else they would cost on, unseen."""
    found = items(ec2, "describe_images", "Images", ImageIds=[name])
    disks = [disk.get("Ebs", {}) for raw in found for disk in raw.get("BlockDeviceMappings", [])]
    ec2.deregister_image(ImageId=name)
    own = [disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")]
    by_id = {"Name": "snapshot-id", "Values": own}
    for raw in (
        items(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=[by_id]) if own else ()
    ):
        ec2.delete_snapshot(SnapshotId=raw["SnapshotId"])
    return True


def _snapshot(ec2: Any, name: str) -> bool:
    ec2.delete_snapshot(SnapshotId=name)
    return True


def _interface(ec2: Any, name: str) -> bool:
    ec2.delete_network_interface(NetworkInterfaceId=name)
    return True


def _template(ec2: Any, name: str) -> bool:
    ec2.delete_launch_template(LaunchTemplateId=name)
    return True


def _spot_request(ec2: Any, name: str) -> bool:
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[name])
    return True


def _schedules(ec2: Any, name: str) -> bool:
    """Delete a group with the schedules in it, which takes some minutes at AWS."""
    client("scheduler", ec2.meta.region_name).delete_schedule_group(Name=name)
    return True


def _budget(ec2: Any, name: str) -> bool:
    account, _, budget = name.partition(":")
    client("budgets", ec2.meta.region_name).delete_budget(AccountId=account, BudgetName=budget)
    return True


def _machine(ec2: Any, name: str) -> bool:
    """Delete a state machine, named by its ARN; what runs of it ends."""
    client("stepfunctions", ec2.meta.region_name).delete_state_machine(stateMachineArn=name)
    return True


MADE_OF_STACKS: dict[str, Remover] = {
    "aws_ami": _image,
    "aws_ebs_snapshot": _snapshot,
    "aws_network_interface": _interface,
    "aws_launch_template": _template,
    "aws_spot_instance_request": _spot_request,
    "aws_scheduler_schedule_group": _schedules,
    "aws_budgets_budget": _budget,
    "aws_sfn_state_machine": _machine,
}
