"""What can be changed of an instance: its attributes, and its profile, which in moto stays the old one.

ModifyInstanceAttribute in moto empties the security groups when it does not know the attribute.
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociationBackend
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.state import SimulatorState

_SHUTDOWN = "InstanceInitiatedShutdownBehavior.Value"


def apply(state: SimulatorState) -> None:
    """Know the shutdown behaviour; refuse a new type for a running instance; touch groups only if given.

    An instance shows the profile that has replaced its own: the provider waits until it does.
    """
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

    replace_of_moto = IamInstanceProfileAssociationBackend.replace_iam_instance_profile_association

    def replace(self: Any, association_id: str, *names: Any, **more: Any) -> Any:
        tie = replace_of_moto(self, association_id, *names, **more)
        tie.instance.iam_instance_profile = {"Arn": tie.iam_instance_profile.arn, "Id": association_id}
        return tie

    IamInstanceProfileAssociationBackend.replace_iam_instance_profile_association = replace
    InstanceResponse._dot_value_instance_attribute_handler = values
    InstanceResponse._security_grp_instance_attribute_handler = groups
