"""A lock that is too long for user-data reaches the host that waits for it, and no other host."""

import hashlib
from pathlib import Path

import pytest

from gpuinfra.features.boot import follow
from gpuinfra.features.connect import awaited_lock
from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.world import World
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.view import FakeView
from tests.fakes.world import RUNNING, FakeReporter, FakeStackFiles
from tests.ground.test_boot_status import look
from tests.samples import host

LOCK = b"@EXPLICIT\n"
SHA256 = hashlib.sha256(LOCK).hexdigest()
WAITING = look(step="lock", awaits=SHA256)


def waited_for(directory: Path, held: bytes | None, *looks: str) -> tuple[World, FakeHostClient]:
    """Return a world with this lock at home, and what its host was sent."""
    ssh, files, jobs = (
        FakeSshClient(answers_at=[RUNNING.public_ip], looks=looks),
        FakeStackFiles(directory),
        FakeHostClient(),
    )
    ssh.pin(host(), ["ssh-ed25519 AAAA"])
    files.held_lock = held
    return fake_world(directory, ssh=ssh, files=files, host=jobs, reporter=FakeReporter()), jobs


def test_whoever_watches_sends_it_once(tmp_path: Path) -> None:
    """The host that waits is sent the file with its hash, though it needs some looks to see it."""
    world, jobs = waited_for(tmp_path, LOCK, look(), WAITING, WAITING, look(), look(state="done", rc=0))
    assert follow.watch(world, host(), FakeView()).state == "done"
    assert jobs.sent == [(awaited_lock.TARGET, LOCK, SHA256)]


def test_whoever_connects_sends_it(tmp_path: Path) -> None:
    """A host whose `up` was ended early goes on at the next ssh, run or sync."""
    world, jobs = waited_for(tmp_path, LOCK, WAITING)
    connect(world)
    assert jobs.sent == [(awaited_lock.TARGET, LOCK, SHA256)]


def test_a_host_that_waits_for_nothing_is_sent_nothing(tmp_path: Path) -> None:
    """Most hosts have their lock, or none, from user-data."""
    world, jobs = waited_for(tmp_path, LOCK, look())
    connect(world)
    assert jobs.sent == []


@pytest.mark.parametrize(("held", "what"), [(None, "is not here"), (b"another", "is another here")])
def test_another_lock_is_never_sent(tmp_path: Path, held: bytes | None, what: str) -> None:
    """Watching ends with what to do; whoever connects gets in all the same, and is told."""
    world, jobs = waited_for(tmp_path, held, WAITING)
    with pytest.raises(HostError, match=what) as caught:
        follow.watch(world, host(), FakeView())
    assert "gpuinfra down" in caught.value.hint
    connect(world)
    assert isinstance(world.reporter, FakeReporter)
    assert what in world.reporter.said[-1]
    assert jobs.sent == []
