"""Coming back to a host that cannot be reached just now: it restarts, or the laptop slept."""

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import CloudError, GpuInfraError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import Ports

FIRST_S, MOST_S = 1.0, 15.0


def connect_patiently(ports: Ports) -> Host:
    """Return the host as soon as it lets us in: it may restart just now.

    Raises:
        HostError: it is stopped or gone.
        CloudError: AWS does not say which.
    """
    return _wait(ports, Unreachable)


def reconnect(ports: Ports) -> Host:
    """Return the host as soon as it can be reached again, AWS too: the laptop may have no network.

    Raises:
        HostError: it is stopped or gone.
    """
    return _wait(ports, Unreachable, CloudError)


def _wait(ports: Ports, *passing: type[GpuInfraError]) -> Host:
    """Try as long as it takes; say each reason once."""
    wait_s, told = FIRST_S, ""
    while True:
        try:
            return connect(ports)
        except passing as error:
            if error.message != told:
                ports.narrator.say(f"waiting: {error.message}")
            told = error.message
            ports.clock.sleep(wait_s)
            wait_s = min(wait_s * 2, MOST_S)
