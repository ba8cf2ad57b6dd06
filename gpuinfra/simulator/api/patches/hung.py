"""Hosts that hang: a stop is not heard, the instance stays `stopping`, until it is asked with SkipOsShutdown.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance, InstanceState
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.state import SimulatorState

STOPPING = InstanceState("stopping", 64)


def apply(state: SimulatorState) -> None:
    """Wrap StopInstances; show what is held up."""
    stop_before, visible_before = InstanceResponse.stop_instances, Instance.instance_state.fget

    def stop_instances(self: Any) -> Any:
        asked = set(self._get_param("InstanceIds", []))
        skips = bool(self._get_bool_param("SkipOsShutdown") or self._get_bool_param("Force"))
        for instance in self.ec2_backend.get_multi_instances_by_id(sorted(asked)):
            instance.power_cut = skips
        state.hung -= asked if skips else set()
        held = asked & state.hung
        if not held:
            return stop_before(self)
        for instance in self.ec2_backend.get_multi_instances_by_id(sorted(held)):
            instance.is_stopping = True
        return ActionResult({"StoppingInstances": []})

    def visible(self: Any) -> Any:
        is_stopping = getattr(self, "is_stopping", False) and self.id in state.hung
        return STOPPING if is_stopping and self._state.name == "running" else visible_before(self)

    InstanceResponse.stop_instances = stop_instances
    Instance.instance_state = property(visible)
    Instance.state = property(lambda self: visible(self).name)
    Instance.state_code = property(lambda self: visible(self).code)
