"""A command on a host by Systems Manager, and its answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

POLL_S = 2.0
LOOKS = 15


def run(ssm: "SSMClient", instance_id: str, command: str, *, sleep: Callable[[float], None]) -> str:
    """Return the stdout of a command, empty when the agent does not answer."""
    sent = ssm.send_command(
        InstanceIds=[instance_id],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": [command]},
    )
    call = {"CommandId": sent["Command"].get("CommandId", ""), "InstanceId": instance_id}
    for _ in range(LOOKS):
        sleep(POLL_S)  # the invocation is not known at once
        try:
            found = ssm.get_command_invocation(**call)
        except ssm.exceptions.InvocationDoesNotExist:
            continue
        if found["Status"] not in ("Pending", "InProgress", "Delayed"):
            return found["StandardOutputContent"]
    return ""
