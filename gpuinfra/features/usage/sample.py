"""What a host does at one time, as a value. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpuinfra.ground import when
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.reply import checked

NUMBER = (float, None)
GPU_NUMBERS = ("busy_percent", "memory_used_mib", "memory_mib", "temperature_c", "power_w")
NUMBERS = (
    "time", "cpu_cores", "cpus", "memory_used_mib", "memory_mib", "disk_free_gb", "disk_gb",
    "received_bytes_s", "sent_bytes_s",
)  # fmt: skip
GPU_SHAPE = {"index": int, "name": (str, None), **dict.fromkeys(GPU_NUMBERS, NUMBER)}
SHAPE = {**dict.fromkeys(NUMBERS, float), "gpus": ([GPU_SHAPE], None)}


@dataclass(frozen=True, kw_only=True)
class GpuUse:
    """One GPU; None: it does not report it."""

    index: int
    name: str
    busy_percent: float | None
    memory_used_mib: float | None
    memory_mib: float | None
    temperature_c: float | None
    power_w: float | None

    @property
    def memory_percent(self) -> float | None:
        """Return the part of its memory that is in use."""
        if self.memory_used_mib is None or not self.memory_mib:
            return None
        return 100 * self.memory_used_mib / self.memory_mib


@dataclass(frozen=True, kw_only=True)
class UseSample:
    """A host's GPUs and the rest of it; time: seconds since 1970, by its own clock."""

    time: float
    gpus: tuple[GpuUse, ...]
    cpu_cores: float
    cpus: float
    memory_used_mib: float
    memory_mib: float
    disk_free_gb: float
    disk_gb: float
    received_bytes_s: float
    sent_bytes_s: float


def parse(answer: Any) -> UseSample:
    """Return a sample as the host describes it.

    Raises:
        HostError: it is no sample.
    """
    raw = checked(answer, SHAPE, "its use")
    if not when.is_time(raw["time"]):
        raise HostError(f"the host's answer about its use has a time that is none: {raw['time']}")
    gpus = tuple(_gpu(gpu) for gpu in raw["gpus"] or ())
    return UseSample(**{name: raw[name] for name in NUMBERS}, gpus=gpus)


def parse_all(answers: Sequence[Any]) -> list[UseSample]:
    """Return samples, the oldest first as they come; raises as `parse`."""
    return [parse(answer) for answer in answers]


def _gpu(raw: dict[str, Any]) -> GpuUse:
    numbers = {name: raw.get(name) for name in GPU_NUMBERS}
    return GpuUse(index=raw["index"], name=raw.get("name") or "", **numbers)
