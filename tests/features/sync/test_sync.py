"""sync and sync watch: what is the project, what is asked of rsync, and waiting for a host that restarts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.sync import first
from gpuinfra.features.sync import sync as actions
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.sync.sync import SyncRequest
from gpuinfra.features.sync.terms import SyncOutcome
from gpuinfra.ground.errors import ConfigError, HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter


def done(*brought: str, dry_run: bool = False) -> SyncResult:
    """Return what a sync says that brought these files of 3 bytes."""
    outcome = SyncOutcome(put_back=[])
    outcome.files, outcome.size_bytes, outcome.brought = len(brought), 3 * len(brought), list(brought)
    outcome.counted = {"sent_bytes": 9, "received_bytes": 9}
    return SyncResult(outcome, dry_run=dry_run)


ONE = done("a.py")


class FakeRsync:
    """An rsync that ends as told; the last answer is given for ever."""

    def __init__(self, *answers: SyncResult | BaseException) -> None:
        self.answers = list(answers) or [ONE]
        self.requests: list[SyncRequest] = []
        self.hosts: list[Host] = []

    def run(self, host: Host, request: SyncRequest) -> SyncResult:
        """Remember the request."""
        self.requests.append(request)
        self.hosts.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


class FakeWatcher:
    """A folder that changes as told, and then no more."""

    def __init__(self, *counts: int) -> None:
        self.counts = counts

    def changes(self, root: Path, *, every_s: float | None = None) -> Iterator[int]:
        """Yield the counts."""
        yield from self.counts


def reachable() -> FakeSshClient:
    """A host that answers, its key known."""
    ssh = FakeSshClient(answers_at=[str(RUNNING.public_ip)])
    ssh.keys[RUNNING.instance_id] = ["key"]
    return ssh


def test_the_project_is_the_folder_with_git(tmp_path: Path) -> None:
    """From anywhere inside, a path means itself; the host's ~/project is always the same folder."""
    root = tmp_path / "p"
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    assert actions.locate(None, start=root / "src") == (root, "")
    assert actions.locate(Path("a.py"), start=root / "src") == (root, "src/a.py")
    assert actions.locate(Path("../out"), start=root / "src") == (root, "out")


@pytest.mark.parametrize("path", ["../other", "/etc/passwd"])
def test_a_path_outside_of_the_project_is_refused(path: str, tmp_path: Path) -> None:
    """Else its place on the host would be a guess."""
    (tmp_path / "p" / ".git").mkdir(parents=True)
    with pytest.raises(ConfigError, match="not in the project"):
        actions.locate(Path(path), start=tmp_path / "p")


@pytest.mark.parametrize("start", ["", "..", ".ssh", ".config/app", "link", "link/.aws"])
def test_the_home_folder_is_no_project(start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody means to send all of it, its keys included; nor what lies above, or in a dot-folder of it."""
    home = tmp_path / "home/me"
    for folder in (".ssh", ".config/app", ".aws"):
        (home / folder).mkdir(parents=True)
    (tmp_path / "home/me/link").symlink_to(home)
    for variable in (home, tmp_path / "home/me/link"):
        monkeypatch.setenv("HOME", str(variable))
        with pytest.raises(ConfigError, match="not a project"):
            actions.locate(None, start=home / start)
        assert first.root_to_send(str(home / start)) == ("", "")


def test_sync_goes_over_our_connection(tmp_path: Path) -> None:
    """The host that rsync gets is the one that was connected to, with its key verified."""
    rsync = FakeRsync()
    actions.sync(fake_world(tmp_path, ssh=reachable()), rsync, SyncRequest(mode="up", root=tmp_path))
    assert rsync.hosts == [RECORDED.host]


def test_what_is_not_here_cannot_go_up(tmp_path: Path) -> None:
    """rsync with our filters would say nothing and send nothing."""
    rsync = FakeRsync()
    with pytest.raises(ConfigError, match="nope does not exist") as caught:
        actions.sync(
            fake_world(tmp_path, ssh=reachable()), rsync, SyncRequest(mode="up", root=tmp_path, part="nope")
        )
    assert rsync.requests == []
    assert caught.value.hint.startswith("gpuinfra sync up --dry-run")


def test_what_is_not_there_does_not_come_down(tmp_path: Path) -> None:
    """The host has no such path: an error, not silence."""
    with pytest.raises(HostError, match="has no results"):
        actions.sync(
            fake_world(tmp_path, ssh=reachable()),
            FakeRsync(done()),
            SyncRequest(mode="down", root=tmp_path, part="results"),
        )


def test_a_dry_run_tells_what_is_not_there_too(tmp_path: Path) -> None:
    """Something new would come: fine; nothing would: the name is wrong."""
    nothing = done(dry_run=True)
    request = SyncRequest(mode="down", root=tmp_path, part="new", dry_run=True)
    some = done("new/a", "new/b", dry_run=True)
    assert actions.sync(fake_world(tmp_path, ssh=reachable()), FakeRsync(some), request) == some
    with pytest.raises(HostError, match="has no new"):
        actions.sync(fake_world(tmp_path, ssh=reachable()), FakeRsync(nothing), request)


def test_watch_survives_a_host_that_restarts(tmp_path: Path) -> None:
    """A connection that breaks is told, the sync tried again; a batch without effect is not told."""
    lost = Unreachable("the connection ended during the sync: broken pipe")
    nothing = done()
    reporter, rsync = FakeReporter(), FakeRsync(ONE, lost, lost, ONE, nothing)
    actions.watch(
        fake_world(tmp_path, ssh=reachable(), reporter=reporter),
        rsync,
        FakeWatcher(0, 2, 1),
        SyncRequest(mode="up", root=tmp_path),
    )
    assert len(rsync.requests) == 5
    first, *losses, last = reporter.said
    assert first.startswith("transferred 1 file")
    assert losses == [lost.message, lost.message]
    assert re.fullmatch(r"\d\d:\d\d:\d\d  transferred 1 file, .*: a.py", last)  # when, and which


def test_watch_ends_when_the_disk_is_full(tmp_path: Path) -> None:
    """What trying again cannot mend ends the watch."""
    rsync = FakeRsync(ONE, HostError("a disk is full"))
    with pytest.raises(HostError, match="full"):
        actions.watch(
            fake_world(tmp_path, ssh=reachable()),
            rsync,
            FakeWatcher(0, 1),
            SyncRequest(mode="up", root=tmp_path),
        )


def test_a_stopped_sync_says_what_is_kept(tmp_path: Path) -> None:
    """Ctrl-C during a sync or a watch is no traceback: the message says what the host has."""
    interrupted = FakeRsync(KeyboardInterrupt())
    world = fake_world(tmp_path, ssh=reachable())
    with pytest.raises(Interrupted, match="what has arrived is kept"):
        actions.sync(world, interrupted, SyncRequest(mode="up", root=tmp_path))
    with pytest.raises(Interrupted, match="the host has what was last told"):
        actions.watch(world, interrupted, FakeWatcher(0), SyncRequest(mode="up", root=tmp_path))
