"""MonitorInstances and UnmonitorInstances, which moto does not have."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.monitoring import Monitoring

from gpuinfra.simulator.api.state import SimulatorState


def _switch(request: Any, state: str, answered: str) -> Any:
    request.error_on_dryrun()
    instances = request.ec2_backend.get_multi_instances_by_id(request._get_param("InstanceIds", []))
    for instance in instances:
        instance.monitoring_state = state
    monitorings = [{"InstanceId": it.id, "Monitoring": {"State": answered}} for it in instances]
    return ActionResult({"InstanceMonitorings": monitorings})


def apply(state: SimulatorState) -> None:
    """Add both actions."""
    Monitoring.monitor_instances = lambda self: _switch(self, "enabled", "pending")
    Monitoring.unmonitor_instances = lambda self: _switch(self, "disabled", "disabling")
