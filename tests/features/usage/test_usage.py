"""`usage`: which time is asked for, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.usage import usage
from gpuinfra.features.usage.sparkline import ASCII
from gpuinfra.ground.errors import ConfigError, HostError
from tests.fakes.jobs import JOB, FakeHostClient
from tests.features.jobs.test_jobs import made
from tests.features.usage.values import GPU, SAMPLE, SUMMARY

SERIES = [{**SAMPLE, "time": 1.8e9 + n * 20, "gpus": [{**GPU, "busy_percent": n % 100}]} for n in range(150)]
ANSWER = {"since": 1.8e9, "until": 1.8e9 + 7200, "summary": SUMMARY, "series": SERIES}
ENDED = {**JOB, "state": "done", "created": "2027-01-15T08:00:00+00:00", "ended": "2027-01-15T10:00:00+00:00"}


def used(tmp_path: Path, *replies: Any, job: str = "", since: str = "") -> tuple[usage.Usage, FakeHostClient]:
    """Ask such a host; return what it answered, and the host."""
    host = FakeHostClient(*replies)
    found = usage.usage(made(tmp_path, host=host), lambda: 1.0, job=job, since=since)
    return found, host


@pytest.mark.parametrize(("since", "seconds"), [("", 86400), ("2h", 7200), ("90m", 5400), ("7d", 604800)])
def test_the_last_time_is_asked_for_by_the_hosts_clock(tmp_path: Path, since: str, seconds: int) -> None:
    """Seconds to now, not a time of this machine's clock, which may be another."""
    found, host = used(tmp_path, ANSWER, since=since)
    assert host.asked == [{"verb": "use", "flags": "", "points": 30, "seconds": seconds}]
    assert found.about == f"the last {since or '24h'}"


def test_a_jobs_time_is_its_own(tmp_path: Path) -> None:
    """From its start to its end, both by the host's clock; one that runs has no end yet."""
    found, host = used(tmp_path, ENDED, ANSWER, job="train")
    assert host.asked[1] == {
        "verb": "use", "flags": "", "points": 30, "since": 1800000000.0, "until": 1800007200.0,
    }  # fmt: skip
    assert found.about == "the job train"
    _, host = used(tmp_path, {**ENDED, "state": "running", "ended": ""}, ANSWER, job="train")
    assert host.asked[1]["until"] is None


def test_averages_peaks_and_hints_are_told(tmp_path: Path) -> None:
    """As a table with a line over time, and what follows; the same as JSON."""
    found, _ = used(tmp_path, {**ANSWER, "summary": {**SUMMARY, "disk_least_free_gb": 1.0}})
    text = found.text(ASCII)
    for part in ("95 %", "100 %", "11.7 GiB", "22.5 GiB", "61 C", "CPU cores", "2.2", "3.9", "4.9 KiB/s"):
        assert part in text, part
    assert text.endswith("disk nearly full: 1 of 128 GB were free")
    assert max(map(len, text.splitlines())) <= 80
    plain = json.loads(json.dumps(found.plain()))
    assert plain["totals"]["gpus"][0]["busy_percent"] == 95
    assert len(plain["series"]) == 150


@pytest.mark.parametrize("since", ["2", "h", "-1h", "0h", "1w", "1e9h", "two hours"])
def test_a_time_that_is_none_is_refused_before_the_host_is_asked(tmp_path: Path, since: str) -> None:
    """What may be given is said."""
    with pytest.raises(ConfigError, match=r"--since is .* s, m, h or d"):
        usage.usage(made(tmp_path), lambda: None, since=since)


def test_a_jobs_time_and_another_are_not_both_asked_for(tmp_path: Path) -> None:
    """Which of them holds would be a guess."""
    with pytest.raises(ConfigError, match="both given"):
        usage.usage(made(tmp_path), lambda: None, job="train", since="2h")


def test_a_time_without_samples_is_told(tmp_path: Path) -> None:
    """A host that has only just begun to count says so; what it does now can still be seen."""
    nothing = {**ANSWER, "summary": None, "series": []}
    with pytest.raises(HostError, match="kept no sample of the last 24h") as refused:
        used(tmp_path, nothing)
    assert refused.value.hint == "gpuinfra top"


@pytest.mark.parametrize(
    "answer",
    [
        None, [], {}, {**ANSWER, "summary": {}}, {**ANSWER, "series": None},
        {**ANSWER, "series": [{**SAMPLE, "time": 1e18}]},
        {**ANSWER, "summary": {**SUMMARY, "gpus": [{"index": 0}]}},
    ],
)  # fmt: skip
def test_a_host_that_tells_nonsense_is_an_error_in_words(tmp_path: Path, answer: Any) -> None:
    """It may be hostile or broken."""
    with pytest.raises(HostError, match="the host's answer"):
        used(tmp_path, answer)


def test_a_job_without_a_beginning_is_told(tmp_path: Path) -> None:
    """No time is made up for it."""
    with pytest.raises(HostError, match="does not say when the job abcd began"):
        used(tmp_path, {**ENDED, "created": "yesterday"}, ANSWER, job="train")
