"""Whether a job begins again: EC2 took the host, or nobody knows better; else it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
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


ENDS = (
    event("end", by="guard", reason="idle for 60 min"),
    event("command", reason="gpuinfra stop"),
    event("aws", text="stopped: Client.UserInitiatedShutdown: ..."),
)


@pytest.mark.parametrize("end", ENDS)
def test_an_end_of_an_earlier_life_of_the_host_decides_nothing(end: dict[str, Any]) -> None:
    """It was started again, and the job with it; an end after that decides, as one without a time does."""
    job = replace(JOB, asked="2026-01-02T03:00:00Z", created="2026-01-02T03:00:01Z")
    assert why_not(job, [{**end, "time": "2026-01-01T23:59:59.500Z"}]) == ""
    assert why_not(job, [{**end, "time": "2026-01-02T03:30:00Z"}])
    assert why_not(job, [end])


@pytest.mark.parametrize("hours", [-5, 5])
@pytest.mark.parametrize("end", ENDS)
def test_a_wrong_clock_of_this_machine_changes_nothing(end: dict[str, Any], hours: int) -> None:
    """Each time is compared with one of the same clock: ours, or that of the host, which is AWS's."""
    off = timedelta(hours=hours)
    ours, began = (off if end["kind"] == "command" else timedelta()), datetime(2026, 1, 2, 3, tzinfo=UTC)
    job = replace(JOB, asked=(began + off).isoformat(), created=began.isoformat())
    hour = timedelta(hours=1)
    assert why_not(job, [{**end, "time": (began + ours - hour).isoformat()}]) == ""
    assert why_not(job, [{**end, "time": (began + ours + hour).isoformat()}])
