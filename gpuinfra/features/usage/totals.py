"""What a host's samples of a time come to, as a value. Pure."""

from dataclasses import dataclass
from typing import Any

NUMBER = (float, None)
GPU_TOTALS = ("busy_percent", "busy_peak_percent", "memory_mib", "memory_peak_mib", "temperature_peak_c")
GPU_SHAPE = {"index": int, "idle_s": float, "known_s": float, **dict.fromkeys(GPU_TOTALS, NUMBER)}
TOTALS = (
    "seconds", "gpus_idle_s", "cpus", "cpu_cores", "cpu_peak_cores", "memory_mib", "memory_peak_mib",
    "disk_gb", "disk_least_free_gb", "received_bytes_s", "received_peak_bytes_s", "sent_bytes_s",
    "sent_peak_bytes_s",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class GpuTotals:
    """One GPU: averages (busy_percent) and peaks; None: it does not report it.

    known_s: for how long its load is known; idle_s: for how long it was below 5 %.
    """

    index: int
    busy_percent: float | None
    busy_peak_percent: float | None
    memory_mib: float | None
    memory_peak_mib: float | None
    temperature_peak_c: float | None
    idle_s: float
    known_s: float

    @property
    def memory_peak_percent(self) -> float | None:
        """Return the largest part of its memory that was in use."""
        if self.memory_peak_mib is None or not self.memory_mib:
            return None
        return 100 * self.memory_peak_mib / self.memory_mib


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Averages and peaks over `seconds` of samples; gpus_idle_s: for how long all GPUs were idle at once."""

    seconds: float
    gpus: tuple[GpuTotals, ...]
    gpus_idle_s: float
    cpus: float
    cpu_cores: float
    cpu_peak_cores: float
    memory_mib: float
    memory_peak_mib: float
    disk_gb: float
    disk_least_free_gb: float
    received_bytes_s: float
    received_peak_bytes_s: float
    sent_bytes_s: float
    sent_peak_bytes_s: float


def totals(raw: dict[str, Any]) -> Totals:
    """Return a summary as the host tells it, once its shape is known to be right."""
    gpus = tuple(
        GpuTotals(**{name: gpu.get(name) for name in GPU_SHAPE})  # what is not told is None
        for gpu in raw["gpus"]
    )
    return Totals(**{name: raw[name] for name in TOTALS}, gpus=gpus)
