"""Machine images: ours instead of moto's, with their owners' aliases and root sizes."""

from typing import Any

from moto.core.parse import default_timestamp_parser
from moto.ec2.models.amis import Ami, AmiBackend

from gpuinfra.simulator.api.seed import SeedImage
from gpuinfra.simulator.api.state import SimulatorState


def _make(backend: Any, image: SeedImage) -> Any:
    return Ami(
        backend,
        image.id,
        name=image.name,
        description=image.name,
        owner_id=image.owner_id,
        owner_alias=image.owner_alias,
        public=True,
        virtualization_type="hvm",
        architecture=image.architecture,
        creation_date=default_timestamp_parser(image.created),
        image_location=f"{image.owner_alias}/{image.name}",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name="/dev/sda1",
        product_codes=[{"ProductCodeId": image.product_code, "ProductCodeType": "marketplace"}]
        if image.product_code
        else [],
    )


def apply(state: SimulatorState) -> None:
    """Replace the images that every region starts with."""
    mappings_of_moto = Ami.block_device_mappings.fget

    def load(self: Any) -> None:
        self.amis.update({image.id: _make(self, image) for image in state.seed.images})

    def mappings(self: Any) -> Any:
        found = mappings_of_moto(self)
        image = state.seed.image(self.id)
        if image:
            found[0]["Ebs"] |= {
                "VolumeSize": image.root_size_gb,
                "VolumeType": "gp3",
                "DeleteOnTermination": True,
                "Encrypted": False,
            }
        return found

    AmiBackend._load_amis = load
    Ami.block_device_mappings = property(mappings)
