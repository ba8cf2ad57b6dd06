"""A spot host that EC2 takes back: notice, save, the next host, and the job goes on from its checkpoint."""

import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.on_host.bucket import URL, bucket
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

STACK = ("--stack", "rescue")
TRAIN = f"""\
n=$(curl -sf {URL}/checkpoint || echo 0)
echo "time ${{GPUINFRA_RESTART:-0}} goes on from $n"
while true; do n=$((n + 1)); echo $n > checkpoint; sleep 0.2; done
"""
SAVE = f"curl -sf -T checkpoint {URL}/checkpoint"
NOTICE_S = 30.0
# From the notice to the job on the next host. A machine on which many wait for each core is slower.
WITHIN_S, BUSY_WITHIN_S, BUSY_LOAD = 120.0, 300.0, 4.0


@pytest.fixture
def rescue(project_in_lab: ProjectOnHost, tmp_path: Path) -> Iterator[ProjectOnHost]:
    """A stack with a spot host, and what stands for a bucket."""
    host = project_in_lab
    host.ok("init", *STACK, "--region", "us-east-1")
    (values,) = Path(host.env["GPUINFRA_PROJECT"]).rglob("rescue/terraform.tfvars")
    text = values.read_text()
    on_demand = 'market = "on-demand"'
    assert on_demand in text
    values.write_text(text.replace(on_demand, 'market = "spot"'))
    (host.project / "train.sh").write_text(TRAIN)
    with bucket(host.lab, tmp_path / "bucket"):
        host.ok("up", *STACK, "--yes")
        yield host
        host.ok("down", *STACK, "--yes")


def jobs(host: ProjectOnHost) -> list[dict[str, Any]]:
    """Return the jobs of the list, the newest first."""
    found: list[dict[str, Any]] = json.loads(host.ok("job", "list", *STACK, "--json"))
    return found


def instance(host: ProjectOnHost) -> str:
    """Return the recorded host."""
    return host.ok("output", *STACK, "instance_id").strip()


def went(host: ProjectOnHost) -> list[str]:
    """Return the first line of the newest job."""
    return host.ok("job", "logs", *STACK).splitlines()[:1]


def is_gone(host: ProjectOnHost, instance_id: str) -> bool:
    """Tell whether EC2 has ended it."""
    return {one.id: one.state for one in host.lab.simulator.machines()}[instance_id] == "terminated"


def within_s() -> float:
    """Return how long it may take: 120 s, but on a busy machine."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return WITHIN_S if load < BUSY_LOAD else BUSY_WITHIN_S


def test_a_job_goes_on_from_its_checkpoint_twice(rescue: ProjectOnHost, tmp_path: Path) -> None:
    """Each time on a new host, in bounded time; what happened is told while there is none.

    A third time the power is cut: EC2's own reason is all that there is, and what was saved before counts.
    """
    rescue.ok("job", "start", *STACK, "--name", "train", "--restart", "--save", SAVE, "--", "train.sh")
    told = json.loads(rescue.ok("drill", *STACK, "--json"))
    assert [job["save_code"] for job in told["jobs"]] == [0]
    assert told["suffices"]
    refused = rescue.run("stop", *STACK, "--yes")
    assert (refused.returncode, "cannot be stopped" in refused.stderr) == (2, True)
    assert "at risk" in rescue.ok("status", *STACK)
    for attempt in (1, 2):
        old, began = instance(rescue), time.monotonic()
        rescue.lab.simulator.interrupt(old, notice_s=NOTICE_S)
        wait_until(partial(is_gone, rescue, old), "the end")
        words = rescue.ok("status", *STACK)
        assert "spot interruption: terminate at" in words
        assert "job train stopped, saved (exit code 0)" in words
        (lost,) = jobs(rescue)
        assert (lost["name"], "begins again with the next host" in lost["reason"]) == ("train", True)
        saved = int((tmp_path / "bucket/checkpoint").read_text())
        done = rescue.run("up", *STACK, "--yes")
        assert done.returncode == 0, done.stderr
        assert "the job train begins again" in done.stderr
        wait_until(lambda: went(rescue) != [], "its output")
        took_s = time.monotonic() - began
        (tmp_path / f"seconds-{attempt}").write_text(f"{took_s:.0f}\n")
        assert took_s < within_s()
        assert went(rescue) == [f"time {attempt} goes on from {saved}"]
        assert saved > 0
        assert instance(rescue) != old
        (again,) = jobs(rescue)
        assert (again["name"], again["state"]) == ("train", "running")
    old = instance(rescue)
    rescue.lab.simulator.interrupt(old, with_notice=False)
    assert "EC2 took the spot host back, and it said no last words" in rescue.ok("status", *STACK)
    (lost,) = jobs(rescue)
    assert "lost with its host: EC2 took the spot host back" in lost["reason"]
    done = rescue.run("up", *STACK, "--yes")
    assert (done.returncode, "the job train begins again" in done.stderr) == (0, True), done.stderr
    wait_until(lambda: went(rescue) != [], "its output")
    assert went(rescue) == [f"time 3 goes on from {saved}"]
    assert instance(rescue) != old
