"""Session Manager's calls, which moto does not have. No agent runs here: every host is not connected."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from gpuinfra.simulator.api.state import SimulatorState


def _start(request: Any) -> Any:
    """Answer as AWS does for a host that is still booting."""
    raise SSMException("TargetNotConnected", f"{request._get_param('Target')} is not connected.")


def _of_one(request: Any) -> Any:
    """Answer as AWS does for a session that has ended."""
    return ActionResult({"SessionId": request._get_param("SessionId")})


def apply(state: SimulatorState) -> None:
    """Add StartSession, ResumeSession and TerminateSession."""
    SimpleSystemManagerResponse.start_session = _start
    SimpleSystemManagerResponse.resume_session = _of_one
    SimpleSystemManagerResponse.terminate_session = _of_one
