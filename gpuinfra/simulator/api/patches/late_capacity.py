"""EC2 says yes to a host and finds out a moment later that it has none: the host never gets to run."""

import threading
from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import StateReason

from gpuinfra.simulator.api.state import EC2, SimulatorState

LATE_S = 0.5  # so long a host is pending before EC2 finds out that it has none
LATE = "Server.InsufficientInstanceCapacity"
_REASON = "There was insufficient capacity available to satisfy the launch request"


def end(state: SimulatorState, instance: Any) -> None:
    """End a new host while it is pending, unless it has ended or been forgotten meanwhile."""
    _later(state, instance, instance.terminate)


def stop(state: SimulatorState, instance: Any) -> None:
    """Stop a host again that was to start."""
    _later(state, instance, instance.stop)


def _later(state: SimulatorState, instance: Any, act: Callable[[], Any]) -> None:
    timer = threading.Timer(LATE_S, _without_capacity, (state, instance, act))
    timer.daemon = True
    timer.start()


def _without_capacity(state: SimulatorState, instance: Any, act: Callable[[], Any]) -> None:
    with state.moto_lock:
        if instance.id not in state.without_capacity:
            return
        state.without_capacity.discard(instance.id)
        if instance._state.name == "running":
            state.acting = EC2
            act()
            instance.state_reason = StateReason(f"{LATE}: {_REASON}", LATE)
