"""Whether a job begins again: EC2 took the host, or nobody knows better; else it does not."""

from dataclasses import replace
from typing import Any

import pytest

from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.spot.restart_file import RestartableJob
from gpuinfra.features.spot.verdict import why_not

JOB = RestartableJob(id="aaaa", instance_id="i-1", spec=JobSpec(words=("true",), restart=True), begun=True)
ENDED = {"kind": "end", "by": "EC2", "reason": "spot interruption: terminate at T"}


def event(kind: str, **more: Any) -> dict[str, Any]:
    """Return an event of the job's host."""
    return {"kind": kind, "instance_id": "i-1", **more}


@pytest.mark.parametrize(
    "events",
    [
        [],  # the power was cut, and AWS has forgotten it
        [event(**ENDED), event("job ended", job="aaaa", by="EC2", reason="spot interruption")],
        [event("end", by="EC2 or root", reason="the host was shut down")],  # the notice was not seen
        [event("aws", text="terminated: Server.SpotInstanceTermination: Spot instance termination")],
        [event("command", reason="gpuinfra up"), event("command", reason="gpuinfra start")],
        [event("job finished", job="bbbb", text="another job done")],
        [{**event("job finished", job="aaaa", text="of another host"), "instance_id": "i-2"}],
    ],
)
def test_it_begins_again(events: list[dict[str, Any]]) -> None:
    """After an interruption, and in doubt."""
    assert why_not(JOB, events) == ""


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (event("job finished", job="aaaa", text="job train done, exit code 0"), "job train done"),
        (event("end", by="guard", reason="idle for 60 min"), "idle for 60 min (guard)"),
        (event("end", by="lease", reason="20 USD are spent"), "20 USD are spent (lease)"),
        (event("command", reason="gpuinfra down"), "ended by gpuinfra down"),
        (event("aws", text="terminated: Client.UserInitiatedShutdown: ..."), "ended by hand"),
    ],
)
def test_it_does_not(told: dict[str, Any], says: str) -> None:
    """What is finished is finished, and who ended the host did not want the job on another; that is said."""
    assert says in why_not(JOB, [told])


@pytest.mark.parametrize(
    "stop",
    [
        event("command", reason="gpuinfra stop", time="2026-11-30T07:00:00Z"),
        event("end", by="guard", reason="idle for 60 min", time="2026-11-30T07:00:00Z"),
    ],
)
def test_an_end_before_the_job_was_started_is_not_its_end(stop: dict[str, Any]) -> None:
    """A host of a Capacity Block was stopped, and started again, before the job; then its block ended."""
    later = replace(JOB, started="2026-11-30T08:00:00Z")
    assert why_not(later, [stop, {**event(**ENDED), "time": "2026-11-30T09:00:00Z"}]) == ""
    assert why_not(replace(JOB, started="2026-11-30T06:00:00Z"), [stop]) != ""
    assert why_not(JOB, [stop]) != "", "one that an older version kept: in doubt as before"
