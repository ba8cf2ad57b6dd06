"""What may live beneath the API: the port by which real hosts can be put under simulated instances."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class InstanceEvent:
    """An instance has come into a state.

    state: `running` (also after a start), `rebooted`, `stopped`, `terminated`.
    time: seconds since 1970.
    """

    time: float
    region: str
    instance_id: str
    state: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return dataclasses.asdict(self)


class Hosts(Protocol):
    """The machines that the instances stand for.

    Both methods run inside an API call and must return at once. A host that powers itself off says so
    by calling StopInstances or TerminateInstances like any client.
    """

    def changed(self, event: InstanceEvent) -> None:
        """Take note that an instance was launched, started, rebooted, stopped or terminated."""

    def console(self, instance_id: str) -> str:
        """Return what the instance has written to its serial console so far."""


class NoHosts:
    """Instances on paper only."""

    def changed(self, event: InstanceEvent) -> None:
        """Do nothing."""

    def console(self, instance_id: str) -> str:
        """Return nothing."""
        return ""
