"""Jobs as values: time limits, variables, the table."""

from datetime import datetime, timedelta, timezone

import pytest

from gpuinfra.features.jobs import job
from gpuinfra.ground.errors import ConfigError
from tests.fakes.jobs import JOB

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=timezone(timedelta(hours=2)))


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


def test_the_table() -> None:
    """One list: what runs, what was left, how it ended and why."""
    lost = {**JOB, "kind": "run", "state": "lost", "name": "", "reason": "the host went down"}
    lines = job.jobs_table([job.parse({**JOB, "then": "stop"}), job.parse(lost)], NOW).splitlines()
    assert lines[0].split() == ["ID", "NAME", "STATE", "EXIT", "STARTED", "TOOK", "COMMAND"]
    assert lines[1].endswith("python train.py  (then stop)")
    assert "lost (run)" in lines[2]
    assert lines[2].endswith("(the host went down)")
    assert job.jobs_table([], NOW) == "no jobs"


def test_times_are_those_of_the_users_clock() -> None:
    """When it started, how long ago, how long it took; what a host says that is no time stays as it is."""
    ran = {**JOB, "state": "done", "created": "2026-01-02T09:00:00Z", "ended": "2026-01-02T09:05:00Z"}
    older = {**ran, "created": "2026-01-01T09:00:00Z", "ended": ""}
    parsed = [job.parse(one) for one in (ran, older, {**ran, "created": "?"})]
    lines = job.jobs_table(parsed, NOW).splitlines()
    assert "11:00, 1 h ago  " in lines[1]
    assert "  5 min  " in lines[1]
    assert "2026-01-01 11:00, 1 d 1 h ago  1 d 1 h " in lines[2]
    assert "?" in lines[3]
