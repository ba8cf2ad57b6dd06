"""Jobs of --restart: kept before the host has them, begun again once, whatever is killed meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.spot import restart
from gpuinfra.features.spot.restart_file import RestartableJob, RestartFile
from gpuinfra.ground import when
from gpuinfra.ground.errors import ConfigError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.jobs import JOB, FakeHostClient
from tests.fakes.world import RUNNING, FakeEventLog, FakeReporter
from tests.samples import host

SPEC = JobSpec(words=("train",), name="train", save="true", restart=True)
OLD = RestartableJob(id="aaaa", instance_id="i-old", spec=SPEC, begun=True)


@pytest.fixture
def record(tmp_path: Path) -> RestartFile:
    """An empty record."""
    return RestartFile(tmp_path / "restarts.json")


def made(tmp_path: Path, reply: Any = JOB, **parts: Any) -> World:
    """Return the world of a host that answers so."""
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip])
    ssh.keys[RUNNING.instance_id] = ["key"]
    return fake_world(tmp_path, ssh=ssh, **{"host": FakeHostClient(reply), **parts})


def nothing(_: Host) -> None:
    """Bring nothing."""


def again(world: World, record: RestartFile, *, is_ready: bool = True) -> list[str]:
    """Let them begin again; return the names."""
    before: Callable[[], Callable[[Host], None]] = lambda: nothing  # noqa: E731
    begun = restart.begin_again(world, host(), record, before=before, is_ready=is_ready)
    return [job.name for job in begun]


def test_a_job_is_kept_before_the_host_is_asked(tmp_path: Path, record: RestartFile) -> None:
    """Under the id that the host is told; one without --restart is not."""
    client = FakeHostClient(JOB)
    world = made(tmp_path, host=client)
    restart.start(world, SPEC, nothing, record=record)
    (kept,) = record.read()
    assert (kept.id, kept.instance_id, kept.begun) == (client.asked[0]["id"], host().instance_id, True)
    assert client.asked[0]["restart"] is True
    assert when.read(kept.started), "what ended the host before that is not its end"
    restart.start(world, replace(SPEC, restart=False), nothing, record=record)
    assert len(record.read()) == 1
    assert "id" not in client.asked[1]


@pytest.mark.parametrize(("error", "left"), [(ConfigError("no such script"), 0), (Unreachable("gone"), 1)])
def test_a_job_that_is_refused_is_not_kept(
    tmp_path: Path, record: RestartFile, error: Exception, left: int
) -> None:
    """One whose answer was lost may run: it is."""
    with pytest.raises(type(error)):
        restart.start(made(tmp_path, error), SPEC, nothing, record=record)
    assert [job.begun for job in record.read()] == [False] * left


def test_it_begins_again_on_the_next_host(tmp_path: Path, record: RestartFile) -> None:
    """With the attempt in its environment, in the old one's place; a second up does nothing."""
    record.put(OLD)
    client = FakeHostClient(JOB)
    world = made(tmp_path, host=client)
    assert again(world, record) == [JOB["name"]]
    assert client.asked[0]["env"] == {"GPUINFRA_RESTART": "1"}
    (kept,) = record.read()
    assert (kept.instance_id, kept.attempt, kept.begun, kept.spec) == (host().instance_id, 1, True, SPEC)
    assert again(world, record) == []
    assert len(client.asked) == 1


def test_what_has_ended_for_good_is_told_and_forgotten(tmp_path: Path, record: RestartFile) -> None:
    """It does not begin again with any later host either."""
    record.put(OLD)
    done = {"kind": "job finished", "instance_id": "i-old", "job": "aaaa", "text": "job train done"}
    reporter = FakeReporter()
    assert again(made(tmp_path, events=FakeEventLog(done), reporter=reporter), record) == []
    assert "does not begin again: it had ended by itself (job train done)" in reporter.said[0]
    assert record.read() == []


def test_a_host_that_is_not_ready_gets_them_later(tmp_path: Path, record: RestartFile) -> None:
    """With --no-wait; it says which command does it."""
    record.put(OLD)
    reporter = FakeReporter()
    assert again(made(tmp_path, reporter=reporter), record, is_ready=False) == []
    assert reporter.said == ["once the host is ready, gpuinfra up lets these begin again: train"]
    assert record.read() == [OLD]


def test_one_that_cannot_begin_is_kept_as_it_was_and_the_others_begin(
    tmp_path: Path, record: RestartFile
) -> None:
    """The host is up; the next up tries again."""
    record.put(OLD)
    with pytest.raises(HostError, match="did not begin again: train") as caught:
        again(made(tmp_path, ConfigError("there is no train")), record)
    assert caught.value.hint == "gpuinfra up"
    assert record.read() == [OLD]


def test_a_killed_up_starts_no_job_twice(tmp_path: Path, record: RestartFile) -> None:
    """It was killed after the host had taken the job, before that was noted: the job is found there."""
    record.put(replace(OLD, id=JOB["id"], instance_id=host().instance_id, attempt=1, begun=False))
    client = FakeHostClient([JOB])
    assert again(made(tmp_path, host=client), record) == [JOB["name"]]
    assert [asked["verb"] for asked in client.asked] == ["list"]
    assert record.read()[0].begun


def test_a_killed_up_loses_no_job(tmp_path: Path, record: RestartFile) -> None:
    """It was killed before the host was asked: the host does not know the job, which begins now."""
    record.put(replace(OLD, instance_id=host().instance_id, attempt=1, begun=False))
    client = FakeHostClient([], JOB)
    assert again(made(tmp_path, host=client), record) == [JOB["name"]]
    assert client.asked[1]["env"] == {"GPUINFRA_RESTART": "1"}


def test_what_aws_says_of_the_end_is_kept_before_the_next_apply(tmp_path: Path, record: RestartFile) -> None:
    """Once; without jobs of --restart nobody is asked."""
    gone = replace(RUNNING, state="terminated", reason="Server.SpotInstanceTermination: ...")
    log = FakeEventLog()
    world = made(tmp_path, cloud=FakeCloud(instance=gone), events=log)
    restart.hear(world, record)
    assert log.events == []
    record.put(OLD)
    restart.hear(world, record)
    assert [one["text"] for one in log.events] == ["terminated: Server.SpotInstanceTermination: ..."]
