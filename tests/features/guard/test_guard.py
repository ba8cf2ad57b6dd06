"""What the laptop asks of the guard, and how its answer reads."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.guard import guard
from gpuinfra.features.guard.guard_text import status_text
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.protocols import CommandResult
from gpuinfra.ground.world import World
from gpuinfra.host.guard.rule import State
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RECORDED, RUNNING, FakeReporter
from tests.ground.test_boot_status import look

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def answer(**more: Any) -> dict[str, Any]:
    """Return what the host says of an unused host."""
    state = {**vars(State()), "idle_s": 780.0, "left_s": 2820.0, **more.pop("state", {})}
    seen = {"gpu": {"busy": False, "words": "GPU 0 %"}, "job": {"busy": False, "words": "no job"}}
    decision = {"at": NOW.timestamp() - 300, "kind": "settings", "words": "idle=60 warn=10 (was off)"}
    values = {"runs": True, "now": 1.0, "limits": "idle=60 warn=10", "seen": seen, "decisions": [decision]}
    return {**values, "state": state, **more}


def world(tmp_path: Path, reply: object) -> tuple[World, FakeHostClient]:
    """Return a world whose host answers so."""
    assert RECORDED.host
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip], looks=[look(state="done", rc=0)])
    ssh.pin(RECORDED.host, ["ssh-ed25519 AAAA"])
    client = FakeHostClient(reply if isinstance(reply, CommandResult) else json.dumps(reply) + "\n")
    return fake_world(tmp_path, records=(RECORDED,), ssh=ssh, host=client), client


def test_status_asks_without_root_and_tells_the_time_to_the_end(tmp_path: Path) -> None:
    """And each signal with its words."""
    here, client = world(tmp_path, answer())
    text = guard.status(here).text(NOW)
    assert client.ran[0][0] == ["/usr/bin/python3", "-I", "-B", guard.MAIN, "status"]
    assert "nobody uses the host: idle for 13 min; it stops in 47 min" in text
    assert "GPU 0 %" in text
    assert "settings: idle=60 warn=10 (was off)" in text


def test_what_an_end_means_for_a_spot_host_is_said() -> None:
    """It is no stop."""
    text = status_text({**answer(), "spot": True}, stack="default", now=NOW)
    assert "a spot host cannot be stopped: each end of it is its last" in text
    assert "spot" not in status_text({**answer(), "spot": False}, stack="default", now=NOW)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            answer(seen={"gpu": {"busy": True, "words": "GPU 97 %"}}),
            "in use (gpu); unused from now on it stops in 47 min",
        ),
        (answer(state={"off_s": -1.0, "left_s": None}), "is off until it is switched on"),
        (answer(state={"off_s": 28800.0, "left_s": None}), "is off for 8 h"),
        (answer(state={"left_s": None}), "has no limit"),
        (answer(state={"extended_s": 7200.0, "left_s": 3540.0}), "stays on for 2 h at least (extended)"),
        (answer(state={"why": "max_hours"}), "stops in 47 min, in use or not"),
        (
            answer(runs=False),
            "the guard does not run: nothing on the host ends it. Next: gpuinfra guard on --stack dev",
        ),
        (answer(older=True, limits="off", state={"left_s": None}), "only watches"),
        (answer(older=True), "it stops in 47 min"),
        (answer(refused="idle=x"), "refused idle=x"),
        (
            answer(state={"failing_s": {"gpu": 3600.0}}, seen={"gpu": {"busy": None, "words": "nvidia-smi"}}),
            "gpu cannot be read; the idle time stands still",
        ),
        (
            answer(state={"failing_s": {"gpu": 21620.0}}, seen={"gpu": {"busy": None, "words": "x"}}),
            "counts no more",
        ),
        (answer(seen={"gpu": {"busy": False, "words": "\x1b[2Jx"}}), "gpu"),
        (answer(decisions=[{"at": 1e17, "kind": "settings", "words": "idle=60"}]), "?  settings: idle=60"),
    ],
)
def test_each_state_is_told_in_words(values: dict[str, Any], says: str) -> None:
    """The first line is the answer to "will it stop?"."""
    text = status_text(values, stack="dev", now=NOW)
    assert says in text
    assert "\x1b" not in text


def test_what_cannot_be_read_says_for_how_long_it_counts_as_use() -> None:
    """Six hours in all."""
    failing = answer(
        state={"failing_s": {"gpu": 3600.0}}, seen={"gpu": {"busy": None, "words": "nvidia-smi"}}
    )
    assert "as if, for 5 h more" in status_text(failing, stack="dev", now=NOW)


@pytest.mark.parametrize(
    ("time", "seconds"), [("30m", "1800"), ("2h", "7200"), ("1.5h", "5400"), ("1d", "86400")]
)
def test_extend_goes_to_the_guard_as_root(tmp_path: Path, time: str, seconds: str) -> None:
    """In seconds."""
    here, client = world(tmp_path, answer())
    guard.extend(here, time)
    assert client.ran[0][0][:2] == ["sudo", "-n"]
    assert client.ran[0][0][-2:] == ["extend", seconds]


@pytest.mark.parametrize("time", ["", "2", "soon", "0h", "-1h", "900d", "2h\n"])
def test_what_is_no_time_is_refused_before_anything_is_asked(tmp_path: Path, time: str) -> None:
    """With what is allowed."""
    here, client = world(tmp_path, answer())
    with pytest.raises(ConfigError, match="allowed: a number and m, h or d"):
        guard.extend(here, time)
    assert client.ran == []


def test_off_without_a_time_says_that_nothing_ends_the_host(tmp_path: Path) -> None:
    """With one it comes back by itself and nothing is said."""
    here, client = world(tmp_path, answer())
    guard.off(here, "")
    assert client.ran[0][0][-2:] == ["off", "-1"]
    assert isinstance(here.reporter, FakeReporter)
    assert any("on again: gpuinfra guard on" in line for line in here.reporter.said)
    here, client = world(tmp_path / "b", answer())
    guard.off(here, "8h")
    assert client.ran[0][0][-2:] == ["off", "28800"]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({**answer(), "state": None}, "no guard runs on the host"),
        ({"runs": False, "now": 1.0, "error": "the guard has not answered for 30 s"}, "has not answered"),
        ({"runs": "yes"}, "none that gpuinfra knows"),
        (CommandResult(code=1, stdout="", stderr="sudo: a password is required\n"), "a password is required"),
    ],
)
def test_a_host_without_a_guard_that_answers_is_an_error(tmp_path: Path, reply: object, says: str) -> None:
    """Never a traceback."""
    here, _ = world(tmp_path, reply)
    with pytest.raises(HostError, match=says):
        guard.on(here)
