"""On the host: what the guard keeps, on the disk and in /run, and the time that it counts by."""

from __future__ import annotations

import json
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DISK, RUN = "/var/lib/gpuinfra/guard", "/run/gpuinfra/guard"
STATE, BOOTS, REQUEST = "state.json", "boots.json", "request.json"


def load(path: str) -> dict[str, Any]:
    """Return a file of ours; one that is not there, or broken by a power cut, has nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def store(path: str, value: dict[str, Any]) -> None:
    """Replace a file in one step, if there is room; a full disk must not end the guard."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(json.dumps(value) + "\n")
        os.replace(f"{path}.new", path)
    except OSError:
        return


def boot_s() -> float:
    """Return the seconds since the boot, suspended ones too: no clock that is set changes them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
