"""One-time spot instances: they cannot be stopped, and a power-off from inside ends them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/stop-spot-instances.html
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.patches.spot import AdoptedRequest
from gpuinfra.simulator.api.state import SimulatorState


class NotStoppable(EC2ClientError):  # type: ignore[misc]  # moto is untyped to us
    """What EC2 says of a one-time spot instance that is to be stopped."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            "UnsupportedOperation",
            f"You can't stop the Spot Instance '{instance_id}' because it is associated with a one-time Spot"
            " Instance request. You can only stop Spot Instances associated with persistent Spot Instance"
            " requests.",
        )


def request_of(instance: Any) -> AdoptedRequest | None:
    """Return the spot request behind an instance, None for an on-demand one."""
    name = getattr(instance, "spot_instance_request_id", "")
    found = instance.ec2_backend.spot_instance_requests.get(name)
    return found if isinstance(found, AdoptedRequest) else None


def is_one_time(instance: Any) -> bool:
    """Tell whether an instance was made by a one-time request."""
    request = request_of(instance)
    return request is not None and request.type == "one-time"


def apply(_: SimulatorState) -> None:
    """Wrap StopInstances."""
    stop_before = InstanceResponse.stop_instances

    def stop_instances(self: Any) -> Any:
        for instance in self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", [])):
            if is_one_time(instance) and instance._state.name == "running":
                raise NotStoppable(instance.id)
        return stop_before(self)

    InstanceResponse.stop_instances = stop_instances
