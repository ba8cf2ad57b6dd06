"""The project goes to the host before a command that uses it: what is sent, what is told, what forbids it."""

import os
import shutil
from pathlib import Path

import pytest

from gpuinfra.features.sync import first
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.sync.send_first import sender
from gpuinfra.features.sync.sync import RsyncTransfer
from gpuinfra.features.sync.terms import SyncOutcome
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Interrupted, Unreachable
from gpuinfra.host.sync.records import STATE
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter
from tests.features.sync.far_host import FarHost, names, write
from tests.features.sync.test_sync import FakeRsync
from tests.samples import host
from tests.waiting import wait_until

needs_rsync = pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync: apt-get install rsync")


@pytest.fixture
def far(tmp_path: Path) -> FarHost:
    """A project that was never synced."""
    far = FarHost(tmp_path)
    write(far.here / ".gpuinfraignore", "")
    write(far.here / "src/a.py", "first")
    return far


def told(far: FarHost, rsync: RsyncTransfer | None = None, start: str = "") -> list[str]:
    """Send it; return what was told."""
    reporter = FakeReporter()
    world = fake_world(far.home, reporter=reporter)
    sender(world, rsync or far.rsync(), str(far.here / start))(host())
    return reporter.said


@needs_rsync
def test_the_command_finds_what_is_here(far: FarHost) -> None:
    """From anywhere in the project all of it is there, told in a line; nothing changed, nothing told."""
    assert told(far, start="src")[0].startswith("sync up: transferred 2 files")
    assert names(far.there) == names(far.here)
    assert told(far) == []
    write(far.here / "src/a.py", "edited")
    assert told(far) == ["sync up: transferred 1 file, 6 bytes"]
    assert (far.there / "src/a.py").read_text() == "edited"


@needs_rsync
def test_what_both_edited_keeps_the_command_from_running(far: FarHost) -> None:
    """Exit code 5, the file's name, both versions kept, and what decides; or --no-sync goes without."""
    told(far)
    write(far.here / "src/a.py", "mine")
    write(far.there / "src/a.py", "theirs")
    with pytest.raises(HostError, match=r"src/a\.py; the command was not begun") as caught:
        told(far)
    assert caught.value.exit_code == 5
    assert "--keep here" in caught.value.hint
    assert "--no-sync" in caught.value.hint
    assert (far.there / "src/a.py").read_text() == "theirs"
    far.sync("up", keep="here")
    assert told(far) == []


@needs_rsync
def test_what_only_the_host_edited_hinders_nothing(far: FarHost) -> None:
    """A notebook that was edited there is newer than the one here, and nothing here is lost or stale."""
    told(far)
    write(far.there / "src/a.py", "by jupyter")
    assert told(far) == []
    write(far.here / "b.py", "new")
    assert told(far) == ["sync up: transferred 1 file, 3 bytes", "src/a.py: changed on the host"]
    assert (far.there / "src/a.py").read_text() == "by jupyter"
    far.sync("up").check()


@needs_rsync
def test_a_folder_without_a_mark_is_sent_once_a_sync_was_asked_for(far: FarHost) -> None:
    """Who runs something from ~/Downloads has not asked to send it; after `sync up` it is the project."""
    (far.here / ".gpuinfraignore").unlink()
    (line,) = told(far)
    assert line.startswith(f"not sent to the host: {far.here} is no project yet")
    assert "gpuinfra sync up" in line
    assert not far.there.exists()
    assert not (far.here / STATE).exists(), "nothing is left in a folder that is no project"
    far.sync("up")
    write(far.here / "src/a.py", "edited")
    assert told(far) == ["sync up: transferred 1 file, 6 bytes"]


@pytest.mark.parametrize("folder", ["home", "link to home", "/"])
def test_from_the_home_nothing_is_sent_or_told(
    folder: str, far: FarHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one that is a git repository, as of those who keep their dotfiles so."""
    (far.home.parent / "link").symlink_to(far.home)
    monkeypatch.setenv("HOME", str(far.home.parent / "link" if "link" in folder else far.home))
    write(far.home / ".git/HEAD", "")
    rsync, reporter = FakeRsync(), FakeReporter()
    start = "/" if folder == "/" else str(far.home)
    sender(fake_world(far.home, reporter=reporter), rsync, start)(host())
    assert (rsync.requests, reporter.said) == ([], [])


def test_what_is_huge_is_not_sent_in_passing(far: FarHost) -> None:
    """A data set that nobody meant to send: told how much, and how to send it or go without."""
    with (far.here / "data").open("wb") as file:
        os.truncate(file.fileno(), first.MOST[1] + 1)
    with pytest.raises(ConfigError, match=r"3 files, 1\.0 GiB are to be sent, more than is sent") as caught:
        told(far)
    assert "gpuinfra sync up, once" in caught.value.hint
    assert "--no-sync" in caught.value.hint
    assert names(far.there) == []
    with pytest.raises(ConfigError, match="are to be sent"):
        far.sync("up", most=(1, 1 << 40))


@pytest.mark.parametrize(
    "error",
    [Unreachable("the connection ended", hint="again"), HostError("a disk is full"), ConfigError("no rsync")],
)
def test_a_sync_that_fails_keeps_the_command_from_running(error: GpuInfraError, far: FarHost) -> None:
    """In the sync's own words and with its exit code; what had been told is told."""
    with pytest.raises(type(error), match=f"{error.message}; the command was not begun") as caught:
        told(far, FakeRsync(error))
    assert caught.value.hint.startswith(error.hint)
    assert "--no-sync" in caught.value.hint


def test_ctrl_c_ends_the_sync_and_begins_nothing(far: FarHost) -> None:
    """Exit code 130; it says what is where."""
    with pytest.raises(Interrupted, match="stopped before the command began"):
        told(far, FakeRsync(KeyboardInterrupt()))


def test_what_was_put_back_is_told(far: FarHost) -> None:
    """It is told once, by whichever sync finds it."""
    said = told(
        far, FakeRsync(SyncResult(SyncOutcome(put_back=["a.conflict-HOST-1 on the host"]), dry_run=False))
    )
    assert said == ["kept: a.conflict-HOST-1 on the host (changed during an earlier sync)"]


def test_what_takes_long_says_what_it_does() -> None:
    """A person who waits learns for what, and how to leave it out; what is short says nothing."""
    said: list[str] = []
    with first.Notice(said.append, after_s=0):
        wait_until(lambda: said == [first.NOTICE], "the notice")
    with first.Notice(said.append, after_s=3600):
        pass
    assert said == [first.NOTICE]
