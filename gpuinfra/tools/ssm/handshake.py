"""What agent and client say to each other before the first byte of ssh. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from gpuinfra.ground.errors import HostError
from gpuinfra.tools.ssm.messages import DONE, UNSUPPORTED, Message

# The version of AWS's plugin whose behaviour this is: the oldest that AWS still serves.
CLIENT_VERSION = "1.2.764.0"
PLUGIN_HINT = "GPUINFRA_SSM_PLUGIN=1 gpuinfra ssh   # with AWS's session-manager-plugin on PATH"


def opening(token: str, *, request_id: str, client_id: str) -> str:
    """Return the first words on a connection."""
    words = {"MessageSchemaVersion": "1.0", "RequestId": request_id, "TokenValue": token}
    return json.dumps({**words, "ClientId": client_id, "ClientVersion": CLIENT_VERSION})


def answer(request: Message) -> tuple[bytes, HostError | None]:
    """Return the answer to the agent's request, and why the session cannot go on, if so."""
    asked = request.json().get("RequestedClientActions")
    actions = [a for a in asked if isinstance(a, dict)] if isinstance(asked, list) else []
    problems = [_problem(action) for action in actions]
    processed = [
        {
            "ActionType": str(action.get("ActionType")),
            "ActionStatus": UNSUPPORTED if problem else DONE,
            "ActionResult": None,
            "Error": problem.message if problem else "",
        }
        for action, problem in zip(actions, problems, strict=True)
    ]
    found = [problem for problem in problems if problem]
    body = {
        "ClientVersion": CLIENT_VERSION,
        "ProcessedClientActions": processed,
        "Errors": [problem.message for problem in found],
    }
    return json.dumps(body).encode(), found[0] if found else None


def _problem(action: Mapping[str, Any]) -> HostError | None:
    kind, wanted = action.get("ActionType"), action.get("ActionParameters")
    if kind == "SessionType" and isinstance(wanted, dict) and wanted.get("SessionType") == "Port":
        return None
    if kind == "KMSEncryption":
        return HostError(
            "this account encrypts its sessions with a KMS key of its own, and gpuinfra cannot do that",
            hint=PLUGIN_HINT,
        )
    return HostError(
        f"the host's agent asks for {str(kind)[:100]!r}, which gpuinfra does not know", hint=PLUGIN_HINT
    )
