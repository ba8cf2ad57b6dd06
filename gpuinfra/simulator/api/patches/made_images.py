"""CreateImage: an image of an instance with a snapshot of its real root disk, both with their tags, in time.

moto makes a snapshot of some 15 GB volume, refuses tags on it, and has it at once.
Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html and
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html (Progress)
"""

from datetime import UTC
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.utils import random_ami_id

from gpuinfra.simulator.api.state import SimulatorState


def check(request: Any) -> None:
    """Refuse to launch from an image that is not made yet, or one of a larger disk than was asked for."""
    image = request.ec2_backend.amis.get(request._get_param("ImageId") or "")
    if image is None or image.instance_id is None:
        return
    if image.state != "available":
        raise EC2ClientError(
            "InvalidAMIID.Unavailable", f"The image ID '{image.id}' is not available: it is {image.state}"
        )
    for mapping in request._get_param("BlockDeviceMappings", []) or []:
        asked_gb = (mapping.get("Ebs") or {}).get("VolumeSize")
        least_gb = image.ebs_snapshot.volume_size
        if mapping.get("DeviceName") == image.root_device_name and asked_gb and int(asked_gb) < least_gb:
            raise EC2ClientError(
                "InvalidBlockDeviceMapping",
                f"Volume of size {asked_gb}GB is smaller than snapshot '{image.ebs_snapshot.id}',"
                f" expect size >= {least_gb}GB",
            )


def is_made(instance: Any) -> bool:
    """Tell whether an instance is launched from an image of another one."""
    image = instance.ec2_backend.amis.get(instance.image_id)
    return image is not None and image.instance_id is not None


def size_gb(instance: Any) -> int:
    """Return the size of the disk that such an image is of."""
    return int(instance.ec2_backend.amis[instance.image_id].ebs_snapshot.volume_size)


def apply(state: SimulatorState) -> None:
    """Replace CreateImage; let images be pending for `state.image_s` seconds."""
    mappings_before = Ami.block_device_mappings.fget

    def mappings(self: Any) -> Any:
        if self.instance_id is None:
            return mappings_before(self)
        disk = self.ebs_snapshot
        ebs = {
            "SnapshotId": disk.id,
            "VolumeSize": disk.volume_size,
            "VolumeType": "gp3",
            "DeleteOnTermination": True,
            "Encrypted": disk.encrypted,
        }
        return [{"DeviceName": self.root_device_name, "Ebs": ebs}]

    def done(made: Any) -> float:
        """Return how much of something is done, from 0 to 1."""
        age_s = state.now() - made.replace(tzinfo=UTC).timestamp()
        return 1.0 if age_s >= state.image_s else age_s / state.image_s

    def visible(self: Any) -> str:
        is_made = self.instance_id is None or done(self.creation_date) >= 1
        return str(self._state) if is_made else "pending"

    def keep(self: Any, value: str) -> None:
        self._state = value

    def progress(self: Any) -> str:
        is_of_image = getattr(self, "of_instance", False)
        return f"{int(100 * done(self.start_time))}%" if is_of_image else "100%"

    Ami.instance_id = None  # moto reads `state` before it has set this
    Ami.state = property(visible, keep)
    Ami.block_device_mappings = property(mappings)
    Snapshot.progress = property(progress)
    AmiBackend.create_image = _create


def _create(
    self: Any, instance_id: str, name: str, description: str, tag_specifications: list[dict[str, Any]]
) -> Any:
    instance = self.get_instance(instance_id)
    if any(it.name == name and it.owner_id == self.account_id for it in self.amis.values()):
        raise EC2ClientError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use")
    tags = {
        it["ResourceType"]: {tag["Key"]: tag["Value"] for tag in it.get("Tags", [])}
        for it in tag_specifications
    }
    image = Ami(self, random_ami_id(), instance=instance, name=name, description=description)
    image.root_device_name, image.root_device_type = instance.root_device_name, "ebs"
    image.add_tags(tags.get("image", {}))
    self.snapshots.pop(image.ebs_snapshot.id)
    root = instance.block_device_mapping[instance.root_device_name].volume_id
    text = f"Created by CreateImage({instance_id}) for {image.id}"
    image.ebs_snapshot = self.create_snapshot(root, text, image.owner_id, from_ami=image.id)
    image.ebs_snapshot.of_instance = True
    image.ebs_snapshot.add_tags(tags.get("snapshot", {}))
    self.amis[image.id] = image
    return image
