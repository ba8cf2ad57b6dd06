"""The serial console: what a test has set or a real host has written, in place of moto's sample of 2006."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.responses.general import General

from gpuinfra.simulator.api.state import SimulatorState

CONSOLE_LIMIT_BYTES = 65536  # EC2 keeps the last 64 KB


def apply(state: SimulatorState) -> None:
    """Replace GetConsoleOutput; with nothing written yet it has no Output, as on EC2."""

    def get_console_output(self: Any) -> Any:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        result = {"InstanceId": instance.id, "Timestamp": utcnow()}
        text = state.console(instance.id).encode()[-CONSOLE_LIMIT_BYTES:].decode("utf-8", "replace")
        if text:
            result["Output"] = Base64EncodedString.from_raw_string(text)
        return ActionResult(result)

    General.get_console_output = get_console_output
