"""RunInstances: what EC2 refuses, the client token, and the finish of every new instance."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, VPCIdNotSpecifiedError
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.patches import capacity, made_images, network, spot, volumes
from gpuinfra.simulator.api.patches.capacity import DEFAULT_TYPE, primary_nic
from gpuinfra.simulator.api.seed import SeedImage
from gpuinfra.simulator.api.state import SimulatorState

_REUSED = (
    "The client token you have provided is associated with a resource that was made by a request with other"
    " parameters."
)


def _choose_subnet(request: Any, zone: str) -> None:
    """Name the default subnet of the zone where no subnet was asked for.

    moto would take the launch for one into EC2-Classic, with any private address. Without a default VPC
    it refuses rightly, but not in a dry run.
    """
    nic = primary_nic(request)
    if request._get_param("SubnetId") or nic.get("SubnetId") or nic.get("NetworkInterfaceId"):
        return
    if request.ec2_backend.get_default_vpc() is None:
        raise VPCIdNotSpecifiedError
    subnet = request.ec2_backend.get_default_subnets().get(zone)
    if subnet is not None:
        (nic or request.params)["SubnetId"] = subnet.id


def _check_architecture(request: Any, image: SeedImage | None) -> None:
    instance_type = request._get_param("InstanceType") or DEFAULT_TYPE
    architectures = INSTANCE_TYPES[instance_type]["ProcessorInfo"]["SupportedArchitectures"]
    if image and image.architecture not in architectures:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"The architecture '{','.join(architectures)}' of the specified instance type does not match"
            f" the architecture '{image.architecture}' of the specified AMI.",
        )


def _check_ebs(request: Any) -> None:
    instance_type = request._get_param("InstanceType") or DEFAULT_TYPE
    support = INSTANCE_TYPES[instance_type].get("EbsInfo", {}).get("EbsOptimizedSupport")
    if support == "unsupported" and request._get_param("EbsOptimized"):
        raise EC2ClientError(
            "Unsupported",
            "EBS-optimized instances are not supported for your requested configuration. Please check the"
            " documentation for supported configurations.",
        )


def apply(state: SimulatorState) -> None:
    """Wrap RunInstances."""
    run_of_moto = InstanceResponse.run_instances

    def launch(self: Any) -> Any:
        image = state.seed.image(self._get_param("ImageId") or "")
        zone = capacity.choose_zone(state, self)
        _check_architecture(self, image)
        _check_ebs(self)
        volumes.check(self, image)
        made_images.check(self)
        _choose_subnet(self, zone)
        result = run_of_moto(self)
        for instance in result.result.instances:
            for concern in (network, volumes, spot):
                concern.finish(self, instance)
            capacity.launched(state, self, instance)
        return result

    def run_instances(self: Any) -> Any:
        token = self._get_param("ClientToken")
        if not token or self._get_param("DryRun"):
            return launch(self)
        asked = dict(self.querystring)
        made = self.ec2_backend.__dict__.setdefault("gpuinfra_launches", {})
        if token not in made:
            made[token] = (asked, launch(self).result)
        if made[token][0] != asked:
            raise EC2ClientError("IdempotentParameterMismatch", _REUSED)
        return ActionResult(made[token][1])

    InstanceResponse.run_instances = run_instances
