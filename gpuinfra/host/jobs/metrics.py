"""What the host does now: its GPUs, memory, load, disk and uptime."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from gpuinfra.host import gpu_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIELDS = ("index", "name", "utilization.gpu", "memory.used", "memory.total", "temperature.gpu")
NAMES = ("index", "name", "utilization_percent", "memory_used_mib", "memory_total_mib", "temperature_c")
GPU_TIMEOUT_S = 5.0


def now() -> dict[str, Any]:
    """Return it all."""
    disk = shutil.disk_usage(Path.home())
    memory = _memory()
    shown, words = gpus()
    return {
        "gpus": shown,
        "gpu_words": gpu_state.read()[1] or words,
        "uptime_s": int(float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])),
        "load_1min": os.getloadavg()[0],
        "cpus": os.cpu_count(),
        "memory_used_mib": (memory.get("MemTotal", 0) - memory.get("MemAvailable", 0)) // 1024,
        "memory_total_mib": memory.get("MemTotal", 0) // 1024,
        "disk_free_gb": disk.free // 10**9,
        "disk_total_gb": disk.total // 10**9,
    }


def gpus() -> tuple[list[dict[str, Any]], str]:
    """Return the GPUs as nvidia-smi shows them, and its first words where it fails."""
    argv = ["nvidia-smi", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=GPU_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return [], "nvidia-smi is missing or does not answer"
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    rows = [line for line in lines if line.count(",") == len(NAMES) - 1]
    words = next((line.strip() for line in lines if line not in rows and "WARNING" not in line), "")
    return [dict(zip(NAMES, map(_value, row.split(",")), strict=True)) for row in rows], words


def _value(text: str) -> int | str | None:
    text = text.strip()
    if text in ("[N/A]", "N/A", "[Not Supported]"):
        return None
    with contextlib.suppress(ValueError):
        return int(text)
    return text


def _memory() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
