"""A drill tells whether the notice suffices, and says what it does not know."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.spot.drill import DrillResult, drill
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.protocols import CommandResult
from gpuinfra.ground.world import World
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RUNNING

JOB = {"job": "aaaa", "text": "job train saved (30.0 s)", "save_code": 0, "seconds": 30.0}
HOOK = {"text": "on_stop ended with exit code 0", "exit_code": 0, "seconds": 3.0, "output": "x"}
TOLD = {"id": "1", "seen_s": 0.4, "seconds": 33.1, "sent_bytes": 600_000_000, "hook": HOOK, "jobs": [JOB]}


def made(tmp_path: Path, reply: object) -> tuple[World, FakeHostClient]:
    """Return the world of a host that answers so."""
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip])
    ssh.keys[RUNNING.instance_id] = ["key"]
    client = FakeHostClient(reply)
    return fake_world(tmp_path, ssh=ssh, host=client), client


def told(tmp_path: Path, **more: Any) -> DrillResult:
    """Return the drill of such a host."""
    return drill(made(tmp_path, json.dumps({**TOLD, **more}))[0])


def test_two_minutes_suffice_and_how_much_more_would_fit(tmp_path: Path) -> None:
    """The rest of the time at the rate of the saves: 20 MB/s for 66 s."""
    found = told(tmp_path)
    assert (found.suffices, round(found.needed_s, 1), found.fits_gb) == (True, 54.1, 1.3)
    text = found.text()
    assert "on_stop    on_stop ended with exit code 0 (3.0 s)" in text
    assert "save       job train saved (30.0 s)" in text
    assert "about 1.3 GB would fit in the rest (0.60 GB were sent, 20 MB/s)" in text
    assert "120 s suffice: 54 s are needed" in text


def test_a_save_that_takes_too_long_is_told(tmp_path: Path) -> None:
    """With what is needed."""
    slow = {**JOB, "seconds": 110.0, "text": "job train saved (110.0 s)"}
    found = told(tmp_path, jobs=[slow], seconds=113.0)
    assert (found.suffices, found.fits_gb) == (False, 0.0)
    assert "120 s do not suffice: 134 s are needed" in found.text()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"jobs": [{**JOB, "save_code": 4, "text": "job train did not save: exit code 4"}]}, "did not save"),
        ({"jobs": [{**JOB, "save_code": None, "text": "job train has not saved in time"}]}, "in time"),
        ({"hook": {**HOOK, "exit_code": 1, "text": "on_stop ended with exit code 1"}}, "exit code 1"),
    ],
)
def test_what_failed_did_not_save(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    """However quick it was."""
    found = told(tmp_path, **more)
    assert not found.suffices
    assert f"verdict    not saved: {says}"[:20] in found.text()
    assert says in found.text().splitlines()[-1]


def test_a_rate_that_nothing_tells_is_unknown(tmp_path: Path) -> None:
    """A save that only finds that all is there has sent next to nothing."""
    assert "is unknown" in told(tmp_path, sent_bytes=20_000).text()


def test_with_nothing_to_save_it_says_how(tmp_path: Path) -> None:
    """That two minutes suffice for nothing helps nobody."""
    assert "nothing would be saved: gpuinfra job start --save" in told(tmp_path, hook=None, jobs=[]).text()


def test_a_host_whose_watcher_is_gone_is_told(tmp_path: Path) -> None:
    """A real notice would not be seen either."""
    with pytest.raises(HostError, match="a real one would not be seen either") as caught:
        told(tmp_path, error="nothing on the host has seen the notice within 10 s")
    assert caught.value.hint == "gpuinfra guard on"


@pytest.mark.parametrize("reply", ["", "no JSON", '{"seen_s": "x"}'])
def test_an_odd_answer_is_told(tmp_path: Path, reply: str) -> None:
    """As the host's."""
    with pytest.raises(HostError):
        drill(made(tmp_path, CommandResult(code=1, stdout=reply, stderr="sudo: a password is required"))[0])


@pytest.mark.parametrize("seconds", [0.0, -1.0, 4000.0])
def test_a_notice_that_is_none_is_refused(tmp_path: Path, seconds: float) -> None:
    """Before anybody is asked."""
    world, client = made(tmp_path, "")
    with pytest.raises(ConfigError, match="seconds from 1 to 3600"):
        drill(world, notice_s=seconds)
    assert client.ran == []
