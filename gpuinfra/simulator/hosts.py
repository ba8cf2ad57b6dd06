"""The interface by which real hosts can be put under simulated instances."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

CONSOLE_FILE = "console.log"
_CONSOLE_READ_BYTES = 65536  # EC2 shows no more


@dataclass(frozen=True, kw_only=True)
class InstanceEvent:
    """An instance has come into a state.

    state: `running` (also after a start), `rebooted`, `stopped`, `terminated`.
    time: seconds since 1970.
    by: who did it: `api`, `scheduler` (a schedule was due), `host` (it powered itself off), `ec2`
    (it took the host back).
    """

    time: float
    region: str
    instance_id: str
    state: str
    by: str = "api"

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return dataclasses.asdict(self)


class Hosts(Protocol):
    """The machines that the instances stand for.

    Both methods run inside an API call and must return at once. A host that powers itself off says so
    by the control call /_sim/powered-off, which no fault can hit and no call log shows.
    """

    def changed(self, event: InstanceEvent) -> None:
        """Hear that an instance was launched, started, rebooted, stopped or terminated."""

    def console(self, instance_id: str) -> str:
        """Return what the instance has written to its serial console so far."""


class NoHosts:
    """No real hosts: instances exist in the API only."""

    def changed(self, event: InstanceEvent) -> None:
        """Do nothing."""

    def console(self, instance_id: str) -> str:
        """Return nothing."""
        return ""


class HostFolders:
    """Hosts that a lab keeps beside this process, a folder for each; the lab reads the machines by itself."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def changed(self, event: InstanceEvent) -> None:
        """Do nothing."""

    def console(self, instance_id: str) -> str:
        """Return the end of what the host has written."""
        path = self._directory / instance_id / CONSOLE_FILE
        if not path.exists():
            return ""
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _CONSOLE_READ_BYTES))
            return log.read().decode("utf-8", "replace")
