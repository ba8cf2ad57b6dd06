"""run and jobs towards the user: exit codes, lost connections, and what is refused before it costs."""

from pathlib import Path
from typing import Any

import pytest

from gpuinfra.actions import jobs, live
from gpuinfra.actions.jobs import Wanted
from gpuinfra.errors import ConfigError, HostError, Unreachable
from gpuinfra.job_ports import Sat
from gpuinfra.ports import Ports
from tests.fakes import RUNNING, FakeNarrator
from tests.fakes_host import FakeLink, ports
from tests.fakes_jobs import JOB, FakeHostJobs

WANTED = Wanted(words=("python", "train.py"))
LOST = Unreachable("gone")


def made(tmp_path: Path, **parts: Any) -> Ports:
    """Return ports of a host that answers and whose key is known."""
    link = FakeLink(answers_at=[RUNNING.public_ip])
    link.keys[RUNNING.instance_id] = ["key"]
    return ports(tmp_path, link=link, **parts)


@pytest.mark.parametrize(
    ("replies", "code"),
    [([{**JOB, "state": "failed", "exit_code": 255}], 255), ([ConfigError("no job")], 255)],
    ids=["kept", "seen to its end"],
)
def test_a_commands_own_255_is_passed_on(tmp_path: Path, replies: list[Any], code: int) -> None:
    """ssh says 255 when the connection breaks; the host is asked which it was."""
    assert jobs.run(made(tmp_path), FakeHostJobs(*replies, sat=Sat(code=255)), WANTED) == code


@pytest.mark.parametrize("reply", [JOB, LOST], ids=["it runs", "no answer"])
def test_a_lost_connection_says_what_goes_on(tmp_path: Path, reply: Any) -> None:
    """With the command that sits at it again."""
    with pytest.raises(HostError, match="the connection is lost; the command goes on, as the job") as caught:
        jobs.run(made(tmp_path), FakeHostJobs(reply, sat=Sat(code=255)), WANTED)
    assert caught.value.hint.startswith("gpuinfra job attach ")


def test_leaving_by_choice_is_told_as_such(tmp_path: Path) -> None:
    """Ctrl-\\ is no failure of the network."""
    with pytest.raises(HostError, match="you left"):
        jobs.run(made(tmp_path), FakeHostJobs(JOB, sat=Sat(code=255, left=True)), WANTED)


def test_waiting_outlasts_lost_connections(tmp_path: Path) -> None:
    """By the job's id: a name may be another job's by then."""
    host = FakeHostJobs(JOB, LOST, {**JOB, "state": "done", "exit_code": 0})
    assert jobs.wait(made(tmp_path), host, "train").state == "done"
    assert [request["job"] for request in host.asked] == ["train", "abcd", "abcd"]


def test_following_goes_on_where_it_was(tmp_path: Path) -> None:
    """No byte is shown twice."""
    host, narrator = FakeHostJobs(JOB, streams=[(255, 100), (255, 20), (0, 3)]), FakeNarrator()
    assert jobs.logs(made(tmp_path, narrator=narrator), host, "", follow=True) == 0
    assert [request["offset"] for request in host.asked[1:]] == [0, 100, 120]
    assert len(narrator.said) == 2


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted(words=("x",), then="terminate", save="true"), "would stop it"),
        (Wanted(words=("x",), then="terminate"), "deletes the disk"),
        (Wanted(words=("x",), then="reboot"), "'reboot'; it must be"),
        (Wanted(words=()), "there is no command"),
        (Wanted(words=("x",), name="a b"), "the job's name is 'a b'"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(tmp_path: Path, wanted: Wanted, says: str) -> None:
    """Above all an end of the host other than the one asked for: it costs money, or the disk."""
    host = FakeHostJobs(JOB)
    with pytest.raises(ConfigError, match=says):
        jobs.start(made(tmp_path), host, wanted)
    assert host.asked == []


def test_then_stop_is_passed_on(tmp_path: Path) -> None:
    """The instance's own setting agrees."""
    host = FakeHostJobs(JOB)
    assert jobs.start(made(tmp_path), host, Wanted(words=("x",), then="stop")).id == "abcd"
    assert host.asked[0]["then"] == "stop"


def test_status_does_not_open_a_connection(tmp_path: Path) -> None:
    """Plain status stays quick; the fake's connection is not open."""
    parts = made(tmp_path)
    record = parts.state.read().host
    assert record
    assert live.peek(parts, FakeHostJobs(LOST), record) is None
