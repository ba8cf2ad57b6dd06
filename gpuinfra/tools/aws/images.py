"""Images of hosts: the copies of their disks by which a stopped one comes back in another zone.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gpuinfra.ground.disk_copy import RESTORE_IMAGE, RESTORE_LAUNCH, RESTORE_NAME, RESTORE_OF, DiskCopy
from gpuinfra.ground.model import CloudResource, Settings, Tags
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws import removal
from gpuinfra.tools.aws.asking import items
from gpuinfra.tools.aws.client import client
from gpuinfra.tools.aws.errors import map_boto_errors


@adapter("AWS cannot be called")
class HostImages:
    """The images of a stack's hosts in one region; each method raises CloudError."""

    def __init__(self, region: str, settings: Settings | None = None) -> None:
        """settings: for the words of what AWS refuses."""
        self._settings = settings
        self._ec2 = client("ec2", region)

    def copies(self, tags: Tags) -> list[DiskCopy]:
        """Return those that say whose disk they have."""
        marks = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.as_dict().items()]
        with map_boto_errors("ec2", self._settings):
            filters = [*marks, {"Name": "tag-key", "Values": [RESTORE_OF]}]
            found = list(items(self._ec2, "describe_images", "Images", Owners=["self"], Filters=filters))
            return [self._copy(raw) for raw in found]

    def create(self, instance_id: str, *, name: str, tags: Mapping[str, str]) -> None:
        """Ask EC2 for an image of a stopped instance; it and its snapshot get the tags with the call."""
        named = [{"Key": key, "Value": value} for key, value in tags.items()]
        specifications = [{"ResourceType": kind, "Tags": named} for kind in ("image", "snapshot")]
        with map_boto_errors("ec2", self._settings):
            self._ec2.create_image(
                InstanceId=instance_id, Name=name, NoReboot=True, TagSpecifications=specifications
            )

    def remove(self, image_id: str) -> None:
        """Deregister an image, and delete the snapshots that it was made of."""
        with map_boto_errors("ec2", self._settings):
            removal.remove(self._ec2, CloudResource(kind="aws_ami", resource_id=image_id))

    def _copy(self, raw: Mapping[str, Any]) -> DiskCopy:
        tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
        disks = [disk["Ebs"] for disk in raw.get("BlockDeviceMappings", []) if disk.get("Ebs")]
        state = raw.get("State", "")
        ids = [disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")]
        return DiskCopy(
            image_id=raw["ImageId"],
            state=state,
            instance_id=tags[RESTORE_OF],
            launched=tags.get(RESTORE_LAUNCH, ""),
            size_gb=sum(disk.get("VolumeSize", 0) for disk in disks),
            percent=self._percent(ids) if state == "pending" else 100,
            image=tags.get(RESTORE_IMAGE, ""),
            ami_name=tags.get(RESTORE_NAME, ""),
        )

    def _percent(self, snapshots: Sequence[str]) -> int:
        """Return how much is copied; an image that is new has no snapshot yet."""
        if not snapshots:
            return 0
        found = self._ec2.describe_snapshots(SnapshotIds=list(snapshots))["Snapshots"]
        told = [int(raw["Progress"].rstrip("%")) for raw in found if raw.get("Progress")]
        return min(told, default=0)
