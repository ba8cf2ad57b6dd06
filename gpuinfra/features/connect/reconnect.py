"""Reconnect to a host that does not answer: it restarts, or the laptop slept."""

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import CloudError, GpuInfraError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World

FIRST_S, MOST_S = 1.0, 15.0


def connect_with_retry(world: World) -> Host:
    """Return the host as soon as it lets us in: it may restart just now.

    Raises:
        HostError: it is stopped or gone.
        CloudError: AWS does not say which.
    """
    return _wait(world, Unreachable)


def reconnect(world: World) -> Host:
    """Return the host as soon as it can be reached again, AWS too: the laptop may have no network.

    Raises:
        HostError: it is stopped or gone.
    """
    return _wait(world, Unreachable, CloudError)


def _wait(world: World, *passing: type[GpuInfraError]) -> Host:
    """Try as long as it takes; say each reason once."""
    wait_s, told = FIRST_S, ""
    while True:
        try:
            return connect(world)
        except passing as error:
            if error.message != told:
                world.reporter.say(f"waiting: {error.message}")
            told = error.message
            world.clock.sleep(wait_s)
            wait_s = min(wait_s * 2, MOST_S)
