"""Samples and totals of a host, as the tests need them."""

from dataclasses import replace
from typing import Any

from gpuinfra.features.usage.totals import GpuTotals, Totals

GPU: dict[str, Any] = {
    "index": 0, "name": "NVIDIA A10G", "busy_percent": 97, "memory_used_mib": 20582, "memory_mib": 23028,
    "temperature_c": 61, "power_w": 212.4,
}  # fmt: skip
SAMPLE: dict[str, Any] = {
    "time": 1.8e9, "seconds": 2.0, "gpus": [GPU], "cpu_cores": 3.4, "cpus": 4, "memory_used_mib": 10240,
    "memory_mib": 16384, "disk_free_gb": 40.2, "disk_gb": 128.0, "received_bytes_s": 12_582_912.0,
    "sent_bytes_s": 100.0, "gpu_words": "", "jobs": [],
}  # fmt: skip
GPU_TOTALS = GpuTotals(
    index=0, busy_percent=95.0, busy_peak_percent=100.0, memory_mib=23028, memory_peak_mib=12000,
    temperature_peak_c=61, idle_s=0, known_s=7200,
)  # fmt: skip
TOTALS = Totals(
    seconds=7200, gpus=(GPU_TOTALS,), gpus_idle_s=0, cpus=4, cpu_cores=2.2, cpu_peak_cores=3.9,
    memory_mib=16384,    memory_peak_mib=8000, disk_gb=128, disk_least_free_gb=40, received_bytes_s=1000.0,
    received_peak_bytes_s=5000.0, sent_bytes_s=10.0, sent_peak_bytes_s=50.0,
)  # fmt: skip
SUMMARY: dict[str, Any] = {**vars(TOTALS), "gpus": [vars(GPU_TOTALS)]}


def gpu_totals(**changed: Any) -> GpuTotals:
    """Return those of a GPU that is well used, but for what is changed."""
    return replace(GPU_TOTALS, **changed)


def host_totals(*gpus: GpuTotals, **changed: Any) -> Totals:
    """Return those of a host that is well used, but for what is changed."""
    return replace(TOTALS, gpus=gpus or (GPU_TOTALS,), **changed)
