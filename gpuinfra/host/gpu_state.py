"""On the host: what the last look at its GPUs found, a state and what is wrong. Lean: `run` reads it.

It lies in /run: a reboot forgets it, and the check at each boot writes it anew. Only root writes it.
"""

from __future__ import annotations

import os

FILE = "/run/gpuinfra/gpu"
SOLD_FILE = "/var/lib/gpuinfra/gpu-sold"  # the bootstrap's: not empty on a host with GPUs
# lost: hardware, running jobs end; unfit: takes no new job; both until the next boot's check
OK, UNFIT, LOST, UNCHECKED = "ok", "unfit", "lost", "unchecked"


def read() -> tuple[str, str]:
    """Return the state and what is wrong; both are empty where nobody looks (no GPU, an older host)."""
    try:
        with open(_file(), encoding="utf-8") as file:
            state, _, reason = file.read().strip().partition(" ")
    except OSError:
        return (UNCHECKED, "its GPUs have not been checked since its boot") if is_sold() else ("", "")
    return state, reason


def write(state: str, reason: str) -> None:
    """Keep a state in one step."""
    path = _file()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(f"{state} {reason}".strip() + "\n")
    os.replace(f"{path}.new", path)


def is_sold() -> bool:
    """Tell whether this host's type is sold with GPUs, as the bootstrap has found."""
    try:
        return os.stat(os.environ.get("GPUINFRA_GPU_SOLD") or SOLD_FILE).st_size > 0
    except OSError:
        return False


def _file() -> str:
    """Return where it is kept; GPUINFRA_GPU_STATE moves it, for tests."""
    return os.environ.get("GPUINFRA_GPU_STATE") or FILE
