"""How jobs end, as it is kept and shown."""

from __future__ import annotations

import os

from gpuinfra.host.jobs import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def end_record(code: int, reason: str) -> dict[str, Any]:
    """Return how a job ended, as it is kept."""
    words = {
        "time limit": ("failed", "its time limit was over"),
        "no room": ("failed", "the host's disk has no room for its input"),
        "stopped": ("stopped", "stopped by hand"),
        "shutdown": ("lost", "the host went down while it ran"),
    }
    state, text = words.get(reason, ("failed" if code else "done", ""))
    return {"exit_code": code, "ended": clock.now(), "state": state, "reason": text}


def going_down() -> bool:
    """Tell whether the host is powering off or restarting."""
    import subprocess

    done = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "stopping" or os.path.exists("/run/systemd/shutdown/scheduled")
