"""The host in the state: what the commands that ask nobody start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuinfra.ground.errors import HostError
from gpuinfra.ground.hints import command

if TYPE_CHECKING:
    from gpuinfra.ground.model import Host
    from gpuinfra.ground.protocols import StateFile


def recorded_host(state: StateFile, stack: str) -> Host:
    """Return the host from the state.

    Raises:
        HostError: there is none.
    """
    host = state.read().host
    if host is None:
        raise HostError(f"the stack {stack!r} has no host", hint=command("up", stack))
    return host
