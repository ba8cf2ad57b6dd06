"""`ssh --session-manager`: AWS's own shell on the host, whatever has become of its sshd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuinfra.ground.world import World


def shell(world: World, remote: Sequence[str]) -> None:
    """Become a shell of Session Manager on the host, as AWS's user ssm-user; needs neither ssh nor a rule.

    Raises:
        ConfigError: a command was given, or AWS's plugin is not on PATH.
        HostError: there is no host.
        CloudError: AWS refuses.
    """
    from gpuinfra.tools.ssm import plugin
    from gpuinfra.tools.ssm.api import Sessions

    host = world.recorded_host()
    if remote:
        raise ConfigError(
            "--session-manager opens a shell and takes no command",
            hint=command("ssh --session-manager", host.stack),
        )
    sessions = Sessions(region=host.region)
    target, region = host.instance_id, host.region
    plugin.become(sessions.endpoint, target=target, port=None, region=region, start=sessions.start)
