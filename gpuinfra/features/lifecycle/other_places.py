"""What a start does about other places than the host's own: nothing, or what start_elsewhere.py does."""

from typing import Protocol

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World


class OtherPlaces(Protocol):
    """What a start does about other places than the host's own."""

    def settle(self, world: World, host: Host) -> Host:
        """Finish a move that an earlier start began; return the host that there is then."""

    def go(self, world: World, host: Host, refusal: CloudError) -> Host:
        """Start the host elsewhere, or raise the refusal."""

    def started(self, world: World, host: Host) -> None:
        """Hear that the host started in its own place."""


class OwnPlace:
    """The host starts where it is, or not at all."""

    def settle(self, world: World, host: Host) -> Host:
        """Return the host."""
        return host

    def go(self, world: World, host: Host, refusal: CloudError) -> Host:
        """Raise the refusal."""
        raise refusal

    def started(self, world: World, host: Host) -> None:
        """Do nothing."""


OWN_PLACE = OwnPlace()
