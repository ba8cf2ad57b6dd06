"""The command that ssh starts for a private host."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.names import is_simulated

if TYPE_CHECKING:
    from gpuinfra.tools.ssm.api import Sessions

# "1": AWS's own session-manager-plugin carries the bytes, for accounts that encrypt sessions with KMS.
PLUGIN = "GPUINFRA_SSM_PLUGIN"
EXPERIMENTAL = "ssm-proxy is experimental: it has not been run against live AWS yet"


def proxy(target: str, port: int, *, region: str) -> None:
    """Carry ssh's bytes between stdin, stdout and a port of an instance."""
    from gpuinfra.tools.ssm import report

    logging.getLogger("gpuinfra.commands").info(EXPERIMENTAL)
    try:
        _proxy(target, port, region)
    except GpuInfraError as error:
        report.write(error, os.environ)
        raise


def _proxy(target: str, port: int, region: str) -> None:
    from gpuinfra.tools.ssm.api import Sessions

    sessions = Sessions(region=region)
    if os.environ.get(PLUGIN) == "1":
        from gpuinfra.tools.ssm import plugin

        plugin.become(sessions.endpoint, target=target, port=port, region=region, start=sessions.start)
    _carry(sessions, target, port, region)


def _carry(sessions: Sessions, target: str, port: int, region: str) -> None:
    import asyncio
    import time
    from functools import partial

    from gpuinfra.tools.ssm.protocols import Sides
    from gpuinfra.tools.ssm.session import carry
    from gpuinfra.tools.ssm.signals import until_signalled
    from gpuinfra.tools.ssm.stdio import Stdio
    from gpuinfra.tools.ssm.websocket import dial

    sides = Sides(
        api=sessions,
        dial=partial(dial, ca_file=os.environ.get("AWS_CA_BUNDLE") or None),
        local=Stdio(),
        now=time.time,
        region=region,
        simulated=is_simulated(os.environ),
    )
    asyncio.run(until_signalled(lambda: carry(sides, target=target, port=port)))
