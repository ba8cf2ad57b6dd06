"""Jobs of a host that is gone: as it told them, else as they are kept here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.spot.afterwards import listed
from gpuinfra.features.spot.restart_file import RestartableJob, RestartFile
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Instance
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeEventLog, FakeReporter
from tests.samples import host

GONE = replace(RUNNING, state="terminated", reason="Server.SpotInstanceTermination: ...")
KEPT = RestartableJob(
    id="aaaa", instance_id=RUNNING.instance_id, spec=JobSpec(words=("train",), name="train", restart=True)
)
OF_HOST = {"time": "2026-11-29T20:10:01Z", "instance_id": RUNNING.instance_id}
ENDED = {
    **OF_HOST, "kind": "job ended", "job": "aaaa", "name": "train", "command": "train", "seconds": 4.0,
    "reason": "spot interruption: terminate at T", "text": "job train stopped, saved (exit code 0)",
}  # fmt: skip
FAILED = {
    **OF_HOST, "kind": "job finished", "job": "cccc", "name": "eval", "command": "eval", "state": "failed",
    "exit_code": 3, "text": "job eval failed, exit code 3",
}  # fmt: skip
DONE = {**OF_HOST, "kind": "job finished", "job": "bbbb", "text": "job bbbb done, exit code 0"}


def found(
    tmp_path: Path, *events: dict[str, Any], instance: Instance | None = GONE, kept: bool = False
) -> list[tuple[str, str, str]]:
    """Return the jobs of such a host: id, state, reason."""
    record = RestartFile(tmp_path / "restarts.json")
    if kept:
        record.put(KEPT)
    reporter = FakeReporter()
    world = fake_world(
        tmp_path, cloud=FakeCloud(instance=instance), events=FakeEventLog(*events), reporter=reporter
    )
    jobs = listed(world, record)
    assert "what is known of its jobs:" in reporter.said[-1]
    return [(job.id, job.state, job.reason) for job in jobs]


def test_what_the_host_told_last_is_listed(tmp_path: Path) -> None:
    """How it ended, and how its save went; one that had ended before is done."""
    assert found(tmp_path, ENDED, DONE) == [
        (
            "aaaa",
            "stopped",
            "ended with its host: spot interruption: terminate at T;"
            " job train stopped, saved (exit code 0) (4 s)",
        ),
        ("bbbb", "done", "job bbbb done, exit code 0"),
    ]


def test_one_that_had_failed_before_is_not_done(tmp_path: Path) -> None:
    """Who reads --json must not take it for a success."""
    assert found(tmp_path, FAILED) == [("cccc", "failed", "job eval failed, exit code 3")]


@pytest.mark.parametrize(
    ("by", "text"), [("guard", ""), ("gpuinfra", "terminated: Client.UserInitiatedShutdown: User initiated")]
)
def test_what_does_not_begin_again_is_not_said_to(tmp_path: Path, by: str, text: str) -> None:
    """Its host was ended by the guard, or by hand: `up` would not let it begin."""
    end = {**OF_HOST, "kind": "end", "by": by, "reason": "on for 12 h"}
    aws = {**OF_HOST, "kind": "aws", "text": text}
    ((_, _, reason),) = found(tmp_path, ENDED, aws if text else end, kept=True)
    assert "begins again" not in reason


def test_what_begins_again_is_said(tmp_path: Path) -> None:
    """Also of a job that its host said nothing of."""
    ((_, _, reason),) = found(tmp_path, ENDED, kept=True)
    assert reason.endswith("(4 s); begins again with the next host")
    ((job, state, reason),) = found(tmp_path, kept=True)
    assert (job, state) == ("aaaa", "stopped")
    assert reason.startswith("lost with its host: EC2 took the spot host back")


@pytest.mark.parametrize("instance", [GONE, None])
def test_a_host_of_which_nothing_is_known_is_gone(tmp_path: Path, instance: Instance | None) -> None:
    """The error of before; a list of nothing would say that there were no jobs."""
    with pytest.raises(HostError, match=host().instance_id):
        found(tmp_path, instance=instance)
