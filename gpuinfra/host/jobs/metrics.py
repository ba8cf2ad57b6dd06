"""What the host does now: its GPUs, memory, load, disk and uptime."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gpuinfra.host import gpu_state
from gpuinfra.host.guard import gpu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
    reading = gpu.ask()
    return [_gpu(one) for one in reading.gpus], reading.words


def _gpu(one: gpu.Gpu) -> dict[str, Any]:
    """Return one under the names that `status --json` has for it."""
    return {
        "index": one.index,
        "name": one.name,
        "utilization_percent": one.busy_percent,
        "memory_used_mib": one.memory_used_mib,
        "memory_total_mib": one.memory_mib,
        "temperature_c": one.temperature_c,
    }


def _memory() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
