"""What the hypervisor needs of a host that runs, and of the simulated AWS."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gpuinfra.simulator.lab.machines.host import End
from gpuinfra.simulator.machine import Machine


class RunningHost(Protocol):
    """What is needed of host.LabHost."""

    def press(self, button: int) -> None:
        """Signal its init."""

    def kill(self) -> None:
        """End it at once."""

    def ended(self) -> End | None:
        """Return how it ended, or None while it runs."""


class InstanceApi(Protocol):
    """What is needed of the simulated AWS."""

    def machines(self) -> Sequence[Machine]:
        """Describe every instance."""

    def images(self) -> Mapping[str, str]:
        """Return the images that were made of instances: image -> instance."""

    def powered_off(self, instance_id: str) -> None:
        """Say that a host has shut itself down."""
