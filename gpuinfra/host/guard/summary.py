"""On the host: what many samples come to: averages, peaks, how long nothing happened; a shorter series."""

from __future__ import annotations

from gpuinfra.host.guard.sample import average

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from gpuinfra.host.guard.gpu import Gpu
    from gpuinfra.host.guard.sample import Sample

IDLE_PERCENT = 5.0  # a GPU below it does nothing that counts


def summarize(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return averages and peaks of samples (not none); each counts as long as the time that it stands for."""
    last = samples[-1]
    return {
        "seconds": round(sum(sample.seconds for sample in samples), 1),
        "gpus": _gpus(samples),
        "gpus_idle_s": round(sum(one.seconds for one in samples if _all_idle(one)), 1),
        "cpus": last.cpus,
        "cpu_cores": _mean((one.cpu_cores, one.seconds) for one in samples),
        "cpu_peak_cores": max(one.cpu_cores for one in samples),
        "memory_mib": last.memory_mib,
        "memory_peak_mib": max(one.memory_used_mib for one in samples),
        "disk_gb": last.disk_gb,
        "disk_least_free_gb": min(one.disk_free_gb for one in samples),
        "received_bytes_s": _mean((one.received_bytes_s, one.seconds) for one in samples),
        "received_peak_bytes_s": max(one.received_bytes_s for one in samples),
        "sent_bytes_s": _mean((one.sent_bytes_s, one.seconds) for one in samples),
        "sent_peak_bytes_s": max(one.sent_bytes_s for one in samples),
    }


def series(samples: Sequence[Sample], points: int) -> list[Sample]:
    """Return at most so many samples for many, each the average of an equal part of the time."""
    if not samples:
        return []
    first = min(sample.time for sample in samples)
    span_s = max(sample.time for sample in samples) - first
    parts: dict[int, list[Sample]] = {}
    for sample in samples:
        place = int((sample.time - first) / span_s * points) if span_s else 0
        parts.setdefault(min(place, points - 1), []).append(sample)
    return [average(part) for _, part in sorted(parts.items())]


def _gpus(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    known = [(sample.gpus, sample.seconds) for sample in samples if sample.gpus]
    count = max((len(gpus) for gpus, _ in known), default=0)
    return [_gpu([(gpus[n], seconds) for gpus, seconds in known if n < len(gpus)]) for n in range(count)]


def _gpu(seen: Sequence[tuple[Gpu, float]]) -> dict[str, Any]:
    loads = [(gpu.busy_percent, seconds) for gpu, seconds in seen if gpu.busy_percent is not None]
    last = seen[-1][0]
    return {
        "index": last.index,
        "busy_percent": _mean(loads) if loads else None,
        "busy_peak_percent": max((load for load, _ in loads), default=None),
        "idle_s": round(sum(seconds for load, seconds in loads if load < IDLE_PERCENT), 1),
        "known_s": round(sum(seconds for _, seconds in loads), 1),
        "memory_mib": last.memory_mib,
        "memory_peak_mib": max(
            (gpu.memory_used_mib for gpu, _ in seen if gpu.memory_used_mib is not None), default=None
        ),
        "temperature_peak_c": max(
            (gpu.temperature_c for gpu, _ in seen if gpu.temperature_c is not None), default=None
        ),
    }


def _all_idle(sample: Sample) -> bool:
    """Tell whether it has GPUs and is certain that none of them did anything."""
    loads = [gpu.busy_percent for gpu in sample.gpus or []]
    return bool(loads) and all(load is not None and load < IDLE_PERCENT for load in loads)


def _mean(weighted: Iterable[tuple[float, float]]) -> float:
    pairs = [(value, max(weight, 0.001)) for value, weight in weighted]
    return round(sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs), 3)
