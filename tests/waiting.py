"""The one way that tests wait: for a condition, with one generous limit.

How long something takes says how busy the machine is, not whether it works. So no limit of time decides a
test's result: PATIENCE_S ends only what would never end. A law that is about time is tested with a fake
clock, or as a ratio to something that is measured beside it.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from gpuinfra.simulator.client import PATIENCE_S as PATIENCE_S

Got = TypeVar("Got")
SELDOM_S = 0.25


def wait_until(
    true: Callable[[], Got], what: str, *, more: Callable[[], object] = lambda: "", poll_s: float = 0.05
) -> Got:
    """Poll until something is true and return it; `more` is shown if it never is.

    What has not come soon is asked for less often: a question costs CPU that what is waited for needs.
    """
    began = time.monotonic()
    while not (got := true()):
        waited_s = time.monotonic() - began
        assert waited_s < PATIENCE_S, f"waited {PATIENCE_S:g} s for {what} {more()}"
        time.sleep(max(poll_s, min(waited_s / 20, SELDOM_S)))
    return got
