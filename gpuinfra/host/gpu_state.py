"""On the host: what the last look at its GPUs found, a state and what is wrong. Lean: `run` reads it.

It lies in /run: a reboot forgets it, and the check at each boot writes it anew. Only root writes it.
"""

from __future__ import annotations

import os

FILE = "/run/gpuinfra/gpu"
# lost: hardware, running jobs end; unfit: takes no new job; both until the next boot's check
OK, UNFIT, LOST = "ok", "unfit", "lost"


def read() -> tuple[str, str]:
    """Return the state and what is wrong; both are empty where nobody looks (no GPU, an older host)."""
    try:
        with open(_file(), encoding="utf-8") as file:
            state, _, reason = file.read().strip().partition(" ")
    except OSError:
        return "", ""
    return state, reason


def write(state: str, reason: str) -> None:
    """Keep a state in one step."""
    path = _file()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(f"{state} {reason}".strip() + "\n")
    os.replace(f"{path}.new", path)


def _file() -> str:
    """Return where it is kept; GPUINFRA_GPU_STATE moves it, for tests."""
    return os.environ.get("GPUINFRA_GPU_STATE") or FILE
