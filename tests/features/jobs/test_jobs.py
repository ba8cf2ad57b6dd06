"""run and jobs towards the user: exit codes, lost connections, and what is refused before it costs."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from gpuinfra.features.gpu import metrics
from gpuinfra.features.jobs import jobs, log
from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.ground.errors import ConfigError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import SessionResult
from gpuinfra.ground.world import World
from tests import samples
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.jobs import JOB, FakeHostClient
from tests.fakes.world import RECORDED, RUNNING, FakeReporter

WANTED = JobSpec(words=("python", "train.py"))
LOST = Unreachable("gone")


def made(tmp_path: Path, **parts: Any) -> World:
    """Return ports of a host that answers and whose key is known."""
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip])
    ssh.keys[RUNNING.instance_id] = ["key"]
    return fake_world(tmp_path, ssh=ssh, **parts)


def test_a_commands_own_255_is_passed_on(tmp_path: Path) -> None:
    """ssh says 255 when the connection breaks; the host is asked which it was, and may then forget it."""
    host = FakeHostClient({**JOB, "state": "failed", "exit_code": 255}, session=SessionResult(code=255))
    assert jobs.run(made(tmp_path, host=host), WANTED) == 255
    assert host.asked[1]["forget"]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (JOB, "the connection is lost; the command goes on, as the job"),
        (LOST, "the connection is lost; if the command had begun, it goes on, as the job .*gone"),
        ({**JOB, "state": "lost", "reason": "killed"}, "is lost: killed"),
    ],
    ids=["it runs", "no answer", "lost"],
)
def test_a_lost_connection_says_what_goes_on(tmp_path: Path, reply: Any, says: str) -> None:
    """With the command that sits at it again."""
    with pytest.raises(HostError, match=says) as caught:
        jobs.run(made(tmp_path, host=FakeHostClient(reply, session=SessionResult(code=255))), WANTED)
    assert caught.value.hint.startswith("gpuinfra job attach ")


def test_a_connection_that_broke_at_once_has_begun_nothing(tmp_path: Path) -> None:
    """The host knows no such job; that is no exit code of the command."""
    with pytest.raises(HostError, match="the command had not begun"):
        jobs.run(
            made(tmp_path, host=FakeHostClient(ConfigError("no job"), session=SessionResult(code=255))),
            WANTED,
        )


def test_leaving_by_choice_is_told_as_such(tmp_path: Path) -> None:
    """Ctrl-\\ is no failure of the network."""
    with pytest.raises(HostError, match="you left"):
        jobs.run(
            made(tmp_path, host=FakeHostClient(JOB, session=SessionResult(code=255, detached=True))), WANTED
        )


def test_waiting_outlasts_lost_connections(tmp_path: Path) -> None:
    """By the job's id: a name may be another job's by then."""
    host = FakeHostClient(JOB, LOST, {**JOB, "state": "done", "exit_code": 0})
    assert jobs.wait(made(tmp_path, host=host), "train").state == "done"
    assert [request["job"] for request in host.asked] == ["train", "abcd", "abcd"]


def test_waiting_begins_while_the_host_restarts(tmp_path: Path) -> None:
    """It is told what is waited for, once."""
    reporter, host = FakeReporter(), FakeHostClient({**JOB, "state": "done", "exit_code": 0})
    parts = made(tmp_path, reporter=reporter, host=host)
    cast("FakeSshClient", parts.ssh).looks = [None, None, ""]
    assert jobs.wait(parts, "train").state == "done"
    assert [said.partition(":")[0] for said in reporter.said] == ["waiting"]


@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize(("state", "says"), [("stopped", "is stopped"), ("terminated", "is gone")])
def test_a_host_that_stopped_is_not_waited_for(tmp_path: Path, follows: bool, state: str, says: str) -> None:
    """Nobody knows when it comes back; the error says how to start it."""
    host = FakeHostClient(*([JOB] if follows else [LOST]), streams=[(255, 1)])
    parts = made(tmp_path, cloud=FakeCloud(instance=replace(RUNNING, state=state)), host=host)
    cast("FakeSshClient", parts.ssh).looks = ["", None]
    with pytest.raises(HostError, match=says) as caught:
        log.logs(parts, "train", follow=True, write=lambda _: None) if follows else jobs.wait(parts, "train")
    assert caught.value.hint


def test_following_goes_on_where_it_was(tmp_path: Path) -> None:
    """No byte is shown twice."""
    host, reporter = FakeHostClient(JOB, streams=[(255, 100), (255, 20), (0, 3)]), FakeReporter()
    assert log.logs(made(tmp_path, reporter=reporter, host=host), "", follow=True, write=lambda _: None) == 0
    assert [request["offset"] for request in host.asked[1:]] == [0, 100, 120]
    assert len(reporter.said) == 2


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (JobSpec(words=("x",), then="terminate", save="true"), "would stop it"),
        (JobSpec(words=("x",), then="terminate"), "deletes the disk"),
        (JobSpec(words=("x",), then="reboot"), "'reboot'; it must be"),
        (JobSpec(words=()), "there is no command"),
        (JobSpec(words=("x",), name="a b"), "the job's name is 'a b'"),
        (JobSpec(words=("x",), name="a" * 70), "70 characters.*63 at most"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(tmp_path: Path, wanted: JobSpec, says: str) -> None:
    """Above all an end of the host other than the one asked for: it costs money, or the disk."""
    host = FakeHostClient(JOB)
    with pytest.raises(ConfigError, match=says):
        jobs.start(made(tmp_path, host=host), wanted)
    assert host.asked == []


def test_then_stop_is_passed_on(tmp_path: Path) -> None:
    """The instance's own setting agrees."""
    host = FakeHostClient(JOB)
    assert jobs.start(made(tmp_path, host=host), JobSpec(words=("x",), then="stop")).id == "abcd"
    assert host.asked[0]["then"] == "stop"


class SpotCloud(FakeCloud):
    """EC2 with a spot host: a power-off is its end."""

    def shutdown_behavior(self, instance_id: str) -> str:
        """Say what the module sets, and what EC2 does anyway."""
        return "terminate"


def test_then_stop_of_a_spot_host_would_be_its_end(tmp_path: Path) -> None:
    """No value of shutdown_behavior helps there, so none is named."""
    spot = replace(RECORDED, host=replace(samples.host(), market="spot"))
    world = made(tmp_path, host=FakeHostClient(JOB), cloud=SpotCloud(), records=(spot,))
    with pytest.raises(ConfigError, match="EC2 stops no spot host") as caught:
        jobs.start(world, JobSpec(words=("x",), then="stop"))
    assert caught.value.hint.startswith("--then terminate --save ")


def test_a_job_that_does_not_end_is_no_success(tmp_path: Path) -> None:
    """Not even SIGKILL ends what waits for a dead disk; one that had ended before is what was asked for."""
    with pytest.raises(HostError, match="abcd was asked to end and is still running") as caught:
        jobs.stop(made(tmp_path, host=FakeHostClient({**JOB, "state": "running"})), "abcd")
    assert caught.value.hint == "gpuinfra job wait abcd"
    done = FakeHostClient({**JOB, "state": "done", "exit_code": 0})
    assert jobs.stop(made(tmp_path, host=done), "abcd").exit_code == 0


def test_status_does_not_open_a_connection(tmp_path: Path) -> None:
    """Plain status stays quick; the fake's connection is not open."""
    parts = made(tmp_path, host=FakeHostClient(LOST))
    assert metrics.peek(parts, parts.recorded_host()) is None


@pytest.mark.parametrize("verb", [jobs.run, jobs.start])
def test_what_goes_before_has_the_connected_host_and_a_veto(tmp_path: Path, verb: Any) -> None:
    """The project is sent when all that can be refused has been, and a conflict in it begins no command."""
    host = FakeHostClient(JOB)
    sent: list[Host] = []
    with pytest.raises(ConfigError, match="there is no command"):
        verb(made(tmp_path, host=host), JobSpec(words=()), sent.append)
    assert sent == []

    def conflict(_: Host) -> None:
        raise HostError("changed on both sides")

    with pytest.raises(HostError, match="both sides"):
        verb(made(tmp_path, host=host), WANTED, conflict)
    assert host.asked == []
    verb(made(tmp_path, host=host), WANTED, sent.append)
    assert sent == [RECORDED.host]
    assert [request["verb"] for request in host.asked] == [verb.__name__]
