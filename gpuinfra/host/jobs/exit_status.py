"""How jobs end, as it is kept and shown."""

from __future__ import annotations

import os

from gpuinfra.host import gpu_state
from gpuinfra.host.jobs import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


TIME_LIMIT_CODE = 124  # as of timeout(1)
GPU_CODE = 74  # EX_IOERR of sysexits.h
CODES = {"time limit": TIME_LIMIT_CODE, "gpu": GPU_CODE}


def end_record(code: int, reason: str, why: str = "") -> dict[str, Any]:
    """Return how a job ended, as it is kept; `why` somebody stopped it, if they said so.

    A failed GPU is a cause, not a state: gpuinfra of before knows no such state, and would wait for ever.
    """
    if reason == "gpu":
        lost = {"state": "failed", "cause": "gpu", "reason": gpu_state.read()[1]}
        return {"exit_code": GPU_CODE, "ended": clock.now(), **lost}
    words = {
        "time limit": ("failed", "its time limit was over"),
        "no room": ("failed", "the host's disk has no room for its input"),
        "stopped": ("stopped", why or "stopped by hand"),
        "shutdown": ("lost", "the host went down while it ran"),
    }
    state, text = words.get(reason, ("failed" if code else "done", ""))
    return {"exit_code": CODES.get(reason, code), "ended": clock.now(), "state": state, "reason": text}


def going_down() -> bool:
    """Tell whether the host is powering off or restarting."""
    import subprocess

    done = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "stopping" or os.path.exists("/run/systemd/shutdown/scheduled")
