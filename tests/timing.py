"""Bounds on time that hold on a busy machine, too: what others take away is not counted."""

import time
from collections.abc import Callable


def alone_s(action: Callable[[], object]) -> float:
    """Return how many seconds something would take if nobody else used this machine."""
    began = time.monotonic()  # at once: what the action is about may be over soon
    action()
    took = time.monotonic() - began
    return took / max(1.0, slowdown())


def slowdown(cpu_s: float = 0.3) -> float:
    """Return how many times longer than alone a busy program takes here now: 1 on a free machine."""
    began, used = time.monotonic(), time.process_time()
    while time.process_time() - used < cpu_s:
        pass
    return (time.monotonic() - began) / cpu_s
