"""Instance states: a time spent pending, and the hosts are told of every change."""

from datetime import UTC
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance, InstanceState

from gpuinfra.simulator.api.state import SimulatorState

_CHANGES = {"start": "running", "reboot": "rebooted", "stop": "stopped", "terminate": "terminated"}


def _report_changes(state: SimulatorState, method: str, change: str) -> None:
    of_moto = getattr(Instance, method)

    def wrapper(self: Any) -> Any:
        was = self._state.name
        if method == "stop" and was in ("stopped", "terminated"):
            return self._state  # nothing happens; moto would say that it was stopped just now
        result = of_moto(self)
        if method == "start" and was != "running":
            self.power_cut = False
            self.launch_time = utcnow()  # as on AWS, and a started instance is pending again
        is_none = method == "start" and self.id in state.without_capacity  # no machine is there to begin
        if (method == "reboot" or self._state.name != was) and not is_none:
            state.instance_changed(region=self.region_name, instance_id=self.id, state=change)
        return result

    setattr(Instance, method, wrapper)


def apply(state: SimulatorState) -> None:
    """Let instances be pending for `state.pending_s` seconds, and report their changes."""

    def visible(self: Any) -> Any:
        age_s = state.now() - self.launch_time.replace(tzinfo=UTC).timestamp()
        waits = age_s < state.pending_s or self.id in state.without_capacity
        if self._state.name == "running" and waits:
            return InstanceState("pending", 0)
        return self._state

    Instance.instance_state = property(visible)
    Instance.state = property(lambda self: visible(self).name)
    Instance.state_code = property(lambda self: visible(self).code)
    Instance.is_running = lambda self: visible(self).name == "running"
    for method, change in _CHANGES.items():
        _report_changes(state, method, change)
