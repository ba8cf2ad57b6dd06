"""Spot instances by RunInstances: their lifecycle, and the request that stands behind each."""

from typing import Any

from moto.ec2.models.instances import Instance
from moto.ec2.models.spot_requests import SpotInstanceRequest
from moto.ec2.utils import filter_dict_attribute_mapping, random_spot_request_id

from gpuinfra.simulator.api.state import SimulatorState

ON_DEMAND_PRICE = "1.0"


class AdoptedRequest(SpotInstanceRequest):  # type: ignore[misc]  # moto is untyped to us
    """A spot request for an instance that runs already."""

    def __init__(self, *, instance: Any, options: dict[str, Any]) -> None:
        self._adopted = instance
        super().__init__(
            instance.ec2_backend,
            random_spot_request_id(),
            options.get("MaxPrice") or ON_DEMAND_PRICE,
            instance.image_id,
            options.get("SpotInstanceType") or "one-time",
            *(None, options.get("ValidUntil"), None, None),
            instance.key_name,
            [],
            None,
            instance.instance_type,
            *(None, None, None),
            instance.monitored,
            instance.subnet_id,
            {},
            None,
            options.get("InstanceInterruptionBehavior") or "terminate",
        )
        self.price = options.get("MaxPrice") or ON_DEMAND_PRICE
        # Without one it is the on-demand price, which no spot price reaches.
        self.max_usd_h = float(options["MaxPrice"]) if options.get("MaxPrice") else None

    def launch_instance(self) -> Any:
        """Return the instance that runs already."""
        return self._adopted


def finish(request: Any, instance: Any) -> None:
    """Put a spot request behind an instance that was launched on the spot market."""
    options = request._get_param("InstanceMarketOptions", {}) or {}
    if options.get("MarketType") != "spot":
        return
    adopted = AdoptedRequest(instance=instance, options=options.get("SpotOptions") or {})
    instance.spot_instance_request_id = adopted.id
    instance.ec2_backend.spot_instance_requests[adopted.id] = adopted


def apply(state: SimulatorState) -> None:
    """Show the lifecycle; close the request when its instance ends, a persistent one asks for another."""
    terminate_before = Instance.terminate

    def terminate(self: Any) -> Any:
        request = self.ec2_backend.spot_instance_requests.get(getattr(self, "spot_instance_request_id", ""))
        if isinstance(request, AdoptedRequest):
            request.state = "open" if request.type == "persistent" else "closed"
        return terminate_before(self)

    Instance.terminate = terminate
    Instance.instance_lifecycle = property(lambda self: self.lifecycle)
    filter_dict_attribute_mapping["instance-lifecycle"] = "lifecycle"
