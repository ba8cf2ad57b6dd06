"""What a host answers about its use: the real program, a home on this machine, a stand-in for nvidia-smi."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.protocols import Request
from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.samples import History
from tests.fakes.host import client
from tests.fakes.jobs import asked, local_ssh, run
from tests.host.guard.test_gpu import DATA
from tests.host.guard.test_summary import gpu, sample
from tests.samples import host
from tests.waiting import PATIENCE_S, wait_until


@pytest.fixture
def ssh(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a way to a host with two H100, one idle and one at 4 %."""
    smi = home / "bin/nvidia-smi"
    smi.parent.mkdir()
    smi.write_text(f"#!/bin/sh\ncat {DATA}/h100x2_550.csv\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{smi.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("GPUINFRA_USAGE", str(home / "usage"))
    monkeypatch.setenv("GPUINFRA_GPU_STATE", str(home / "gpu"))
    return local_ssh(home)


def ask(ssh: list[str], **request: Any) -> Any:
    """Ask the host."""
    return client(ssh).ask(host(), {"verb": "use", "flags": "", **request}, timeout_s=PATIENCE_S)


def test_it_tells_what_it_does_now(ssh: list[str]) -> None:
    """GPUs, CPU, memory, disk, network, and the jobs that run; one that has ended is left out."""
    run(ssh, asked("true"))
    now = ask(ssh)
    assert [one["busy_percent"] for one in now["gpus"]] == [0, 4]
    assert (now["gpu_words"], now["jobs"]) == ("", [])
    assert now["cpu_cores"] >= 0
    assert abs(now["time"] - time.time()) < PATIENCE_S


def test_a_lost_gpu_is_told_with_those_that_answer(ssh: list[str], home: Path) -> None:
    """What the last look at the GPUs found has the first word."""
    (home / "gpu").write_text("lost GPU 0: Xid 79\n")
    assert ask(ssh)["gpu_words"] == "GPU 0: Xid 79"


def test_it_tells_line_by_line_until_nobody_reads(ssh: list[str], home: Path) -> None:
    """A sample a line; when the reader leaves, the program on the host ends."""
    lines: list[bytes] = []

    class Enough(Exception):
        """The reader leaves."""

    def take(data: bytes) -> None:
        lines.append(data)
        if b"".join(lines).count(b"\n") >= 2:
            raise Enough

    request: Request = {"verb": "top", "every_s": 0.5, "flags": ""}
    with pytest.raises(Enough):
        client(ssh).stream(host(), request, take)
    whole = [json.loads(line) for line in b"".join(lines).splitlines()[:2]]
    assert [len(one["gpus"]) for one in whole] == [2, 2]
    assert whole[0]["time"] < whole[1]["time"]
    wait_until(lambda: not running_below(home), "the program to end")


def running_below(home: Path) -> list[str]:
    """Return the processes whose environment says that this is their home."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and f"HOME={home}\0" in (entry / "environ").read_text():
                found.append(entry.name)
        except (OSError, UnicodeDecodeError):
            continue
    return found


def test_a_time_that_has_passed_comes_from_what_was_kept(ssh: list[str], home: Path) -> None:
    """Averages of the time that is asked for, by the host's clock; the rest is left out."""
    history, now = History(str(home / "usage")), time.time()
    for age_s, busy in ((7200, 0), (1000, 100), (500, 50)):
        history.add(sample(gpu(busy), time=now - age_s))
    found = ask(ssh, seconds=3600, points=10)
    assert found["summary"]["gpus"][0]["busy_percent"] == 75
    assert [one["gpus"][0]["busy_percent"] for one in found["series"]] == [100, 50]
    job = ask(ssh, since=now - 7210, until=now - 990, points=10)
    assert job["summary"]["gpus"][0]["busy_percent"] == 50


def test_a_short_job_has_the_sample_that_stands_for_it(ssh: list[str], home: Path) -> None:
    """A sample counts for a job if most of its time was the job's."""
    history, now = History(str(home / "usage")), time.time()
    history.add(sample(gpu(70), time=now - 100, seconds=20))
    assert ask(ssh, since=now - 119, until=now - 105, points=1)["summary"]["gpus"][0]["busy_percent"] == 70
    assert ask(ssh, since=now - 150, until=now - 115, points=1)["summary"] is None


def test_nothing_kept_is_said(ssh: list[str]) -> None:
    """No file, no numbers."""
    assert ask(ssh, seconds=3600, points=10)["summary"] is None


def test_a_day_of_sixteen_gpus_is_answered_soon_and_small(ssh: list[str], home: Path) -> None:
    """The largest answer there is: a few hundred points, whatever was kept."""
    history, now = History(str(home / "usage")), time.time()
    gpus: list[Gpu] = [gpu(50, index=n) for n in range(16)]
    for n in range(600):
        history.add(sample(*gpus, time=now - 86300 + 140 * n))
    began = time.monotonic()
    found = ask(ssh, seconds=86400, points=600)
    assert time.monotonic() - began < 10
    assert 590 <= len(found["series"]) <= 600
    assert len(json.dumps(found)) < 3_000_000
