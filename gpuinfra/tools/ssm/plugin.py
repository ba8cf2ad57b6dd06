"""AWS's own session-manager-plugin in the place of this process: it carries ssh, or a shell of its own."""

import json
import os
import shutil
from collections.abc import Callable

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import process
from gpuinfra.tools.ssm.api import request
from gpuinfra.tools.ssm.protocols import StreamToken

NAME = "session-manager-plugin"
# Where the plugin reads AWS's answer: not in its arguments, which every user of this machine can see.
ANSWER = "AWS_SSM_START_SESSION_RESPONSE"


INSTALL = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"


def become(
    endpoint: str,
    *,
    target: str,
    port: int | None,
    region: str,
    start: Callable[[str, int | None], StreamToken],
) -> None:
    """Open a session and become the plugin; does not return. port: None: a shell.

    Raises:
        ConfigError: it is not on PATH.
    """
    found = shutil.which(NAME)
    if not found and port is None:
        raise ConfigError(
            f"AWS's {NAME} is not on PATH, and it makes this shell", hint=f"install it: {INSTALL}"
        )
    if not found:
        raise ConfigError(
            f"GPUINFRA_SSM_PLUGIN is 1, and {NAME} is not on PATH", hint="unset GPUINFRA_SSM_PLUGIN"
        )
    ticket = start(target, port)
    answer = {"SessionId": ticket.session_id, "StreamUrl": ticket.url, "TokenValue": ticket.token}
    asked = request(target, port)
    profile = os.environ.get("AWS_PROFILE", "")
    argv = [found, ANSWER, region, "StartSession", profile, json.dumps(asked), endpoint]
    process.become(argv, {**os.environ, ANSWER: json.dumps(answer)})
