"""What a host does now, in words. Pure."""

from collections.abc import Sequence
from typing import Any

from gpuinfra.features.jobs import job as jobs

Row = tuple[str, str]


def rows(live: dict[str, Any]) -> list[Row]:
    """Return live numbers as rows of (name, value) for `status`."""
    found = [(f"GPU {gpu['index']}", gpu_text(gpu)) for gpu in live["gpus"]] or [("GPU", "none seen")]
    memory = f"{live['memory_used_mib']} of {live['memory_total_mib']} MiB"
    found += [("uptime", duration(live["uptime_s"])), ("memory", memory)]
    found += [("load", f"{live['load_1min']:.1f} on {live['cpus']} CPUs")]
    found += [("disk free", f"{live['disk_free_gb']} of {live['disk_total_gb']} GB")]
    going = [job for job in map(jobs.parse, live["jobs"]) if not job.has_ended]
    return [
        *found,
        ("jobs", ", ".join(f"{job.name or job.id} {job.state}" for job in going) or "none running"),
    ]


def gpu_text(gpu: dict[str, Any]) -> str:
    """Return one GPU in a line; what it does not report is a dash."""
    shown = {name: "-" if value is None else value for name, value in gpu.items()}
    return (
        f"{shown['name']}: {shown['utilization_percent']} %, {shown['memory_used_mib']} of"
        f" {shown['memory_total_mib']} MiB, {shown['temperature_c']} C"
    )


def duration(seconds: int) -> str:
    """Return seconds as days, hours and minutes."""
    minutes = seconds // 60
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or f"{seconds} s"


COLUMNS = (
    ("GPU", "name", ""),
    ("FP32", "fp32_tflops", " TFLOP/s"),
    ("FP16", "fp16_tflops", " TFLOP/s"),
    ("TO GPU", "to_device_gb_s", " GB/s"),
    ("FROM GPU", "from_device_gb_s", " GB/s"),
)


def test_text(found: dict[str, Any]) -> str:
    """Return the GPU check as lines: CUDA, devices, a table; or the one thing that is wrong."""
    devices = found["devices"]
    cuda = f"available: {', '.join(d['name'] for d in devices)}" if found["cuda"] else "not available"
    lines = [f"torch   {found['torch'] or 'none'}", f"CUDA    {cuda}"]
    lines += [f"GPU {gpu['index']}   {gpu_text(gpu)}" for gpu in found["gpus"]]
    if devices and "fp32_tflops" in devices[0]:
        lines += table([[head for head, _, _ in COLUMNS], *map(_cells, devices)])
    return "\n".join(lines)


def _cells(device: dict[str, Any]) -> list[str]:
    return [f"{device[name]}{unit}" for _, name, unit in COLUMNS]


def table(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of cells in columns."""
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
