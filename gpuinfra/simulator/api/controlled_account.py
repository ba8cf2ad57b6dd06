"""What the calls of a test need from the simulated AWS account."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gpuinfra.simulator.api.reservations import ReservedCapacity
from gpuinfra.simulator.machine import Machine


class Account(Protocol):
    """What the control calls need from the simulated AWS account."""

    def reset(self) -> None:
        """Forget everything but the seed."""

    def keep(self, name: str) -> None:
        """Keep the account as it is now, under a name."""

    def back(self, name: str) -> None:
        """Let the account be as it was then."""

    def leftovers(self) -> Mapping[str, list[str]]:
        """Name everything that a stack could have left, by kind."""

    def remove_default_vpc(self, region: str) -> None:
        """Remove the default VPC of a region."""

    def machines(self) -> Sequence[Machine]:
        """Describe every instance."""

    def images(self) -> Mapping[str, str]:
        """Return the images that were made of instances: image -> instance."""

    def power_off(self, instance_id: str) -> None:
        """Stop or terminate an instance whose host has shut itself down."""

    def interrupt(self, instance_id: str, notice_s: float, action: str, with_notice: bool) -> None:
        """Take a spot instance back."""

    def spot_price(self, instance_type: str, zone: str, usd_h: float, notice_s: float) -> None:
        """Set the spot price of a type in a zone."""

    def rebalance(self, instance_id: str) -> None:
        """Recommend a rebalance of an instance."""

    def reserve(self, one: ReservedCapacity) -> None:
        """Let the account have a capacity reservation, or change it."""
