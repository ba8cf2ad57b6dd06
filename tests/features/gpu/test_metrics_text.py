"""What status shows of a live host, and what `gpu test` found, in words."""

from gpuinfra.features.gpu import metrics_text
from gpuinfra.features.gpu.benchmark import GpuTest
from tests.fakes.jobs import JOB, LIVE

GPU = {"index": 0, "name": "T4", "utilization_percent": 97, "memory_used_mib": 5, "memory_total_mib": 9}


def test_live_rows() -> None:
    """What a GPU does not report is a dash; ended jobs are not shown."""
    live = {**LIVE, "jobs": [JOB, {**JOB, "state": "done"}]}
    rows = dict(metrics_text.rows({**live, "gpus": [{**GPU, "temperature_c": None}]}))
    assert rows["GPU 0"] == "T4: 97 %, 5 of 9 MiB, - C"
    assert (rows["uptime"], rows["jobs"]) == ("1 d 2 h", "train running")
    assert dict(metrics_text.rows({**live, "gpus": []}))["GPU"] == "none seen"
    words = {"gpu_words": "Driver/library version mismatch"}
    assert dict(metrics_text.rows({**live, **words, "gpus": []}))["GPU"] == f"none seen: {words['gpu_words']}"
    lost = {
        **live,
        "gpu_words": "3 of 4 GPUs answer",
        "gpu_next": "gpuinfra ssh -- sudo reboot",
        "gpus": [{**GPU, "temperature_c": 1}],
    }
    assert dict(metrics_text.rows(lost))["GPU"] == "3 of 4 GPUs answer; next: gpuinfra ssh -- sudo reboot"


def test_gpu_test_table() -> None:
    """Numbers where there are some, one line where there are none."""
    device = {
        "name": "T4",
        "fp32_tflops": 4.1,
        "fp16_tflops": 25.0,
        "to_device_gb_s": 6.2,
        "from_device_gb_s": 6.4,
    }
    found = {"torch": "2.9", "cuda": True, "devices": [device], "gpus": []}
    assert GpuTest(values=found).text().splitlines()[:2] == ["torch   2.9", "CUDA    available: T4"]
    assert GpuTest(values=found).text().splitlines()[-1].split() == (
        ["T4", "4.1", "TFLOP/s", "25.0", "TFLOP/s", "6.2", "GB/s", "6.4", "GB/s"]
    )
    none = GpuTest(values={"torch": None, "cuda": False, "devices": [], "gpus": []}).text()
    assert none.splitlines() == ["torch   none", "CUDA    not available"]
