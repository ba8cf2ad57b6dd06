"""What a host does now, in words. Pure."""

from typing import Any

from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.text import duration, pairs

Pair = tuple[str, object]
GPU_FIELDS = ("name", "utilization_percent", "memory_used_mib", "memory_total_mib", "temperature_c")


def lines(metrics: dict[str, Any] | None) -> str:
    """Return live numbers as lines below those of `status`; nothing without any."""
    return f"\n{pairs(rows(metrics))}" if metrics else ""


def rows(live: dict[str, Any]) -> list[Pair]:
    """Return live numbers as (name, value)."""
    shown: list[Pair] = [(f"GPU {gpu['index']}", gpu_text(gpu)) for gpu in live["gpus"]]
    trouble = ": ".join(filter(None, ["" if shown else "none seen", live.get("gpu_words")]))
    cure = f"; next: {live['gpu_next']}" if live.get("gpu_next") else ""
    shown += [("GPU", trouble + cure)] if trouble else []
    memory = f"{live['memory_used_mib']} of {live['memory_total_mib']} MiB"
    shown += [("uptime", duration(live["uptime_s"])), ("memory", memory)]
    shown += [("load", f"{live['load_1min']:.1f} on {live['cpus']} CPUs")]
    shown += [("disk free", f"{live['disk_free_gb']} of {live['disk_total_gb']} GB")]
    going = [job for job in map(jobs.parse, live["jobs"]) if not job.has_ended]
    return [
        *shown,
        ("jobs", ", ".join(f"{job.name or job.id} {job.state}" for job in going) or "none running"),
    ]


def gpu_text(gpu: dict[str, Any]) -> str:
    """Return one GPU in a line; what it does not report is a dash."""
    value = {name: "-" if gpu.get(name) is None else gpu[name] for name in GPU_FIELDS}
    return (
        f"{value['name']}: {value['utilization_percent']} %, {value['memory_used_mib']} of"
        f" {value['memory_total_mib']} MiB, {value['temperature_c']} C"
    )
