"""Coming back to a host that cannot be reached just now: it restarts, or the laptop slept."""

from gpuinfra.actions.connect import connect
from gpuinfra.errors import CloudError, Unreachable
from gpuinfra.model import Host
from gpuinfra.ports import Ports

FIRST_S, MOST_S = 1.0, 15.0


def reconnect(ports: Ports) -> Host:
    """Return the host as soon as it can be reached; says each reason once. Waits as long as it takes.

    Raises:
        HostError: it is stopped or gone.
    """
    wait_s, told = FIRST_S, ""
    while True:
        try:
            return connect(ports)
        except (Unreachable, CloudError) as error:
            if error.message != told:
                ports.narrator.say(f"waiting: {error.message}")
            told = error.message
            ports.clock.sleep(wait_s)
            wait_s = min(wait_s * 2, MOST_S)
