"""On the host: one sample of its use as a value, and the average of many."""

from __future__ import annotations

from gpuinfra.host.guard.gpu import Gpu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Sample:
    """What the host did in the `seconds` before a time (seconds since 1970): averages; its GPUs at that time.

    gpus: None if they could not be read, [] if it has none; their name and power are not kept in files.
    """

    def __init__(
        self,
        *,
        time: float,
        seconds: float,
        gpus: Sequence[Gpu] | None,
        cpu_cores: float,
        cpus: int,
        memory_used_mib: int,
        memory_mib: int,
        disk_free_gb: float,
        disk_gb: float,
        received_bytes_s: float,
        sent_bytes_s: float,
    ) -> None:
        self.time, self.seconds = time, seconds
        self.gpus = None if gpus is None else list(gpus)
        self.cpu_cores, self.cpus = cpu_cores, cpus
        self.memory_used_mib, self.memory_mib = memory_used_mib, memory_mib
        self.disk_free_gb, self.disk_gb = disk_free_gb, disk_gb
        self.received_bytes_s, self.sent_bytes_s = received_bytes_s, sent_bytes_s

    def values(self) -> dict[str, Any]:
        """Return it for JSON."""
        gpus = None if self.gpus is None else [gpu.values() for gpu in self.gpus]
        return {**vars(self), "gpus": gpus}


def average(samples: Sequence[Sample]) -> Sample:
    """Return one sample for many (not none): averages; of memory in use and temperature the highest."""
    last = samples[-1]
    known = [sample.gpus for sample in samples if sample.gpus is not None]
    count = max(map(len, known), default=0)
    return Sample(
        time=last.time,
        seconds=sum(sample.seconds for sample in samples),
        gpus=[_average_gpu([gpus[n] for gpus in known if n < len(gpus)]) for n in range(count)]
        if known
        else None,
        cpu_cores=_mean([sample.cpu_cores for sample in samples]),
        cpus=last.cpus,
        memory_used_mib=max(sample.memory_used_mib for sample in samples),
        memory_mib=last.memory_mib,
        disk_free_gb=min(sample.disk_free_gb for sample in samples),
        disk_gb=last.disk_gb,
        received_bytes_s=_mean([sample.received_bytes_s for sample in samples]),
        sent_bytes_s=_mean([sample.sent_bytes_s for sample in samples]),
    )


def _average_gpu(seen: Sequence[Gpu]) -> Gpu:
    busy = [gpu.busy_percent for gpu in seen if gpu.busy_percent is not None]
    used = [gpu.memory_used_mib for gpu in seen if gpu.memory_used_mib is not None]
    warmth = [gpu.temperature_c for gpu in seen if gpu.temperature_c is not None]
    return Gpu(
        index=seen[-1].index,
        busy_percent=_mean(busy) if busy else None,
        memory_used_mib=max(used, default=None),
        memory_mib=seen[-1].memory_mib,
        temperature_c=max(warmth, default=None),
    )


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
