"""Jobs as values: time limits, variables, the table; and what status shows of a live host."""

import pytest

from gpuinfra.cli.commands_jobs import without_values
from gpuinfra.features.gpu import metrics_text
from gpuinfra.features.jobs import job
from gpuinfra.ground.errors import ConfigError
from tests.fakes.jobs import JOB


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1.5h", 5400), ("1d", 86400), ("", None)]
)
def test_time_limits(text: str, seconds: float | None) -> None:
    """Number and unit, no number alone: 2 of what?"""
    assert job.seconds(text) == seconds


@pytest.mark.parametrize("text", ["2", "h", "-1h", "0s", "2 h", "2w"])
def test_what_is_no_time_limit(text: str) -> None:
    """The value found is named."""
    with pytest.raises(ConfigError, match="the time limit is"):
        job.seconds(text)


def test_variables() -> None:
    """K=V as it is, further = signs too; K alone takes the value that it has here."""
    assert job.variables(["A=b=c", "HERE", "E="], {"HERE": "x"}) == {"A": "b=c", "HERE": "x", "E": ""}
    for wrong in ("1A=b", "A B=c", "NOT_HERE"):
        with pytest.raises(ConfigError):
            job.variables([wrong], {})


@pytest.mark.parametrize(
    ("given", "shown", "hidden"),
    [
        (["run", "--env", "K=v"], ["run", "--env", "K"], {"K": "v"}),
        (
            ["-e", "K=a=b", "-eA=b", "--env=Z="],
            ["-e", "K", "-eA", "--env=Z"],
            {"K": "a=b", "A": "b", "Z": ""},
        ),
        (["--env", "HERE", "--name", "x=y"], ["--env", "HERE", "--name", "x=y"], {}),
    ],
)
def test_values_leave_the_command_line(given: list[str], shown: list[str], hidden: dict[str, str]) -> None:
    """In each form that the option has; nothing else is touched."""
    assert without_values(given) == (shown, hidden)


def test_the_table() -> None:
    """One list: what runs, what was left, how it ended and why."""
    lost = {**JOB, "kind": "run", "state": "lost", "name": "", "reason": "the host went down"}
    lines = job.table([job.parse({**JOB, "then": "stop"}), job.parse(lost)]).splitlines()
    assert lines[0].split() == ["ID", "NAME", "STATE", "EXIT", "STARTED", "COMMAND"]
    assert lines[1].endswith("python train.py  (then stop)")
    assert "lost (run)" in lines[2]
    assert lines[2].endswith("(the host went down)")
    assert job.table([]) == "no jobs"


LIVE = {"uptime_s": 93780, "memory_used_mib": 1, "memory_total_mib": 2, "load_1min": 0.5, "cpus": 4}
GPU = {"index": 0, "name": "T4", "utilization_percent": 97, "memory_used_mib": 5, "memory_total_mib": 9}


def test_live_rows() -> None:
    """What a GPU does not report is a dash; ended jobs are not shown."""
    live = {**LIVE, "disk_free_gb": 9, "disk_total_gb": 10, "jobs": [JOB, {**JOB, "state": "done"}]}
    rows = dict(metrics_text.rows({**live, "gpus": [{**GPU, "temperature_c": None}]}))
    assert rows["GPU 0"] == "T4: 97 %, 5 of 9 MiB, - C"
    assert (rows["uptime"], rows["jobs"]) == ("1 d 2 h 3 min", "train running")
    assert dict(metrics_text.rows({**live, "gpus": []}))["GPU"] == "none seen"


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
    assert metrics_text.test_text(found).splitlines()[:2] == ["torch   2.9", "CUDA    available: T4"]
    assert metrics_text.test_text(found).splitlines()[-1].split() == (
        ["T4", "4.1", "TFLOP/s", "25.0", "TFLOP/s", "6.2", "GB/s", "6.4", "GB/s"]
    )
    none = metrics_text.test_text({"torch": None, "cuda": False, "devices": [], "gpus": []})
    assert none.splitlines() == ["torch   none", "CUDA    not available"]
