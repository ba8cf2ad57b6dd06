"""A finished job of --restart is told once, for those who look when its host is gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host.guard.finished_jobs import FinishedJobs


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where jobs are kept."""
    monkeypatch.setenv("GPUINFRA_JOBS", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


def job(jobs: Path, name: str, end: dict[str, Any] | None = None, *, restart: bool = True) -> None:
    """Keep a job, ended or not."""
    (jobs / name).mkdir(parents=True, exist_ok=True)
    (jobs / name / "job.json").write_text(json.dumps({"name": name, "restart": restart}))
    if end:
        (jobs / name / "end.json").write_text(json.dumps(end))


def told(tmp_path: Path) -> list[str]:
    """Return what is told by one that has just been started."""
    found: list[str] = []
    FinishedJobs(str(tmp_path / "told.json"), record=lambda kind, **event: found.append(event["text"])).tell()
    return found


def test_each_is_told_once(tmp_path: Path, jobs: Path) -> None:
    """Not one that runs, not one without --restart; not again by a guard that was started anew."""
    job(jobs, "runs")
    job(jobs, "done", {"state": "done", "exit_code": 0, "reason": ""})
    job(jobs, "plain", {"state": "done", "exit_code": 0, "reason": ""}, restart=False)
    assert told(tmp_path) == ["job done done, exit code 0"]
    job(jobs, "runs", {"state": "failed", "exit_code": 3, "reason": ""})
    assert told(tmp_path) == ["job runs failed, exit code 3"]
    assert told(tmp_path) == []


def test_a_job_that_ended_with_its_host_is_not_finished(tmp_path: Path, jobs: Path) -> None:
    """Nor is one that was lost in a reboot: it begins again."""
    job(jobs, "one", {"state": "stopped", "exit_code": 143, "reason": "host ended: spot interruption"})
    job(jobs, "two", {"state": "lost", "exit_code": None, "reason": "the host went down while it ran"})
    assert told(tmp_path) == []


def test_a_job_stopped_by_hand_is_finished(tmp_path: Path, jobs: Path) -> None:
    """Whoever stopped it does not want it back."""
    job(jobs, "one", {"state": "stopped", "exit_code": 143, "reason": "stopped by hand"})
    assert told(tmp_path) == ["job one stopped, exit code 143"]


def test_how_it_ended_is_told_as_values_too(tmp_path: Path, jobs: Path) -> None:
    """`job list` shows it when the host is gone: words alone would make a failed one done."""
    job(jobs, "one", {"state": "failed", "exit_code": 3, "reason": ""})
    found: list[dict[str, Any]] = []
    FinishedJobs(str(tmp_path / "told.json"), record=lambda kind, **event: found.append(event)).tell()
    assert [(event["name"], event["state"], event["exit_code"]) for event in found] == [("one", "failed", 3)]
