"""Volumes made by RunInstances: root from the image, gp3 performance as asked."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.patches import made_images
from gpuinfra.simulator.api.seed import SeedImage
from gpuinfra.simulator.api.state import SimulatorState

GP3_IOPS = 3000
GP3_THROUGHPUT_MIB_S = 125
ROOT_DEVICE = "/dev/sda1"


def _asked(request: Any) -> dict[str, dict[str, Any]]:
    mappings = request._get_param("BlockDeviceMappings", []) or []
    return {mapping.get("DeviceName"): mapping.get("Ebs") or {} for mapping in mappings}


def check(request: Any, image: SeedImage | None) -> None:
    """Refuse a root that is smaller than its image."""
    asked_gb = _asked(request).get(ROOT_DEVICE, {}).get("VolumeSize")
    if image and asked_gb and int(asked_gb) < image.root_size_gb:
        raise EC2ClientError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {asked_gb}GB is smaller than snapshot 'snap-{image.id[4:]}',"
            f" expect size >= {image.root_size_gb}GB",
        )


def finish(request: Any, instance: Any) -> None:
    """Give the new volumes what the request asked for and moto has dropped."""
    asked = _asked(request)
    if instance.root_device_name not in instance.block_device_mapping:
        instance.setup_defaults()
    for device, block in instance.get_block_device_mapping:
        want = asked.get(device, {})
        volume = instance.ec2_backend.volumes[block.volume_id]
        if volume.volume_type == "gp3":
            volume.iops = int(want.get("Iops") or GP3_IOPS)
            volume.throughput = int(want.get("Throughput") or GP3_THROUGHPUT_MIB_S)
        if device == instance.root_device_name and "DeleteOnTermination" not in want:
            block.delete_on_termination = True


def _goes_with_host(attachment: Any) -> bool:
    blocks = attachment.instance.block_device_mapping.values()
    return any(it.volume_id == attachment.volume.id and it.delete_on_termination for it in blocks)


def apply(state: SimulatorState) -> None:
    """Size and type default to those of the image; a volume says whether it goes with its host."""
    VolumeAttachment.delete_on_termination = property(_goes_with_host)
    add_of_moto = Instance.add_block_device

    def add(self: Any, size: Any, device_path: str, *args: Any, **kwargs: Any) -> None:
        image = state.seed.image(self.image_id)
        if device_path == self.root_device_name and (image or made_images.is_made(self)):
            size = size or (image.root_size_gb if image else made_images.size_gb(self))
            kwargs["volume_type"] = kwargs.get("volume_type") or "gp3"
        add_of_moto(self, size, device_path, *args, **kwargs)

    def setup_defaults(self: Any) -> None:
        add(self, None, self.root_device_name, None, False, True, None, volume_type=None)

    Instance.add_block_device = add
    Instance.setup_defaults = setup_defaults
    InstanceResponse._validate_block_device_mapping = staticmethod(lambda mapping: None)
