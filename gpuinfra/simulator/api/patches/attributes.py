"""ModifyInstanceAttribute, which in moto empties the security groups when it does not know the attribute."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.state import SimulatorState

_SHUTDOWN = "InstanceInitiatedShutdownBehavior.Value"


def apply(state: SimulatorState) -> None:
    """Know the shutdown behaviour; refuse a new type for a running instance; touch groups only if given."""
    values_of_moto = InstanceResponse._dot_value_instance_attribute_handler
    groups_of_moto = InstanceResponse._security_grp_instance_attribute_handler

    def values(self: Any) -> bool:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        if self._get_param("InstanceType.Value") and instance.state != "stopped":
            raise EC2ClientError(
                "IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state."
            )
        if behavior := self._get_param(_SHUTDOWN):
            instance.instance_initiated_shutdown_behavior = behavior
        return bool(values_of_moto(self)) or behavior is not None

    def groups(self: Any) -> bool:
        return bool(self._get_param("Groups")) and bool(groups_of_moto(self))

    InstanceResponse._dot_value_instance_attribute_handler = values
    InstanceResponse._security_grp_instance_attribute_handler = groups
