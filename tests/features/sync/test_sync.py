"""sync and sync watch: what is the project, what is asked of rsync, and waiting for a host that restarts."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gpuinfra.features.sync import sync as actions
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.work_protocols import SyncRequest, SyncResult
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.world import RUNNING, FakeReporter

ONE = SyncResult(files=1, size_bytes=3, deleted=0, sent_bytes=9, received_bytes=9, dry_run=False)


class FakeCourier:
    """An rsync that ends as told; the last answer is given for ever."""

    def __init__(self, *answers: SyncResult | GpuInfraError) -> None:
        self.answers = list(answers) or [ONE]
        self.orders: list[SyncRequest] = []
        self.ssh: list[list[str]] = []

    def move(self, ssh: Sequence[str], order: SyncRequest) -> SyncResult:
        """Remember the order."""
        self.orders.append(order)
        self.ssh.append(list(ssh))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, GpuInfraError):
            raise answer
        return answer


class FakeWatcher:
    """A folder that changes as told, and then no more."""

    def __init__(self, *counts: int) -> None:
        self.counts = counts

    def changes(self, root: Path) -> Iterator[int]:
        """Yield the counts."""
        yield from self.counts


def reachable() -> FakeSshClient:
    """A host that answers, its key known."""
    link = FakeSshClient(answers_at=[str(RUNNING.public_ip)])
    link.keys[RUNNING.instance_id] = ["key"]
    return link


def test_the_project_is_the_folder_with_git(tmp_path: Path) -> None:
    """From anywhere inside, a path means itself; the host's ~/project is always the same folder."""
    root = tmp_path / "p"
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    assert actions.locate(None, start=root / "src", home=tmp_path) == (root, "")
    assert actions.locate(Path("a.py"), start=root / "src", home=tmp_path) == (root, "src/a.py")
    assert actions.locate(Path("../out"), start=root / "src", home=tmp_path) == (root, "out")


@pytest.mark.parametrize("path", ["../other", "/etc/passwd"])
def test_a_path_outside_of_the_project_is_refused(path: str, tmp_path: Path) -> None:
    """Else its place on the host would be a guess."""
    (tmp_path / "p" / ".git").mkdir(parents=True)
    with pytest.raises(ConfigError, match="not in the project"):
        actions.locate(Path(path), start=tmp_path / "p", home=tmp_path)


def test_the_home_folder_is_no_project(tmp_path: Path) -> None:
    """Nobody means to send all of it, its keys included."""
    with pytest.raises(ConfigError, match="not a project"):
        actions.locate(None, start=tmp_path, home=tmp_path)


def test_sync_goes_over_our_connection(tmp_path: Path) -> None:
    """The ssh that rsync starts is the one of `gpuinfra ssh`."""
    courier = FakeCourier()
    actions.sync(fake_world(tmp_path, ssh=reachable()), courier, SyncRequest(up=True, root=tmp_path))
    assert courier.ssh == [["ssh", "default"]]


def test_what_is_not_here_cannot_go_up(tmp_path: Path) -> None:
    """rsync with our filters would say nothing and send nothing."""
    courier = FakeCourier()
    with pytest.raises(ConfigError, match="nope does not exist"):
        actions.sync(
            fake_world(tmp_path, ssh=reachable()), courier, SyncRequest(up=True, root=tmp_path, part="nope")
        )
    assert courier.orders == []


def test_what_is_not_there_does_not_come_down(tmp_path: Path) -> None:
    """The host has no such path: an error, not silence."""
    with pytest.raises(HostError, match="has no results"):
        actions.sync(
            fake_world(tmp_path, ssh=reachable()),
            FakeCourier(),
            SyncRequest(up=False, root=tmp_path, part="results"),
        )


def test_a_dry_run_tells_what_is_not_there_too(tmp_path: Path) -> None:
    """Something new would come: fine; nothing would: the name is wrong."""
    nothing = SyncResult(files=0, size_bytes=0, deleted=0, sent_bytes=9, received_bytes=9, dry_run=True)
    order = SyncRequest(up=False, root=tmp_path, part="new", dry_run=True)
    some = dataclasses.replace(nothing, files=2)
    assert actions.sync(fake_world(tmp_path, ssh=reachable()), FakeCourier(some), order) == some
    with pytest.raises(HostError, match="has no new"):
        actions.sync(fake_world(tmp_path, ssh=reachable()), FakeCourier(nothing), order)


def test_watch_survives_a_host_that_restarts(tmp_path: Path) -> None:
    """A connection that breaks is told, the sync tried again; a batch without effect is not told."""
    lost = Unreachable("the connection ended during the sync: broken pipe")
    nothing = SyncResult(files=0, size_bytes=0, deleted=0, sent_bytes=9, received_bytes=9, dry_run=False)
    reporter, courier = FakeReporter(), FakeCourier(ONE, lost, lost, ONE, nothing)
    actions.watch(
        fake_world(tmp_path, ssh=reachable(), reporter=reporter),
        courier,
        FakeWatcher(0, 2, 1),
        SyncRequest(up=True, root=tmp_path),
    )
    assert len(courier.orders) == 5
    assert [line.split(",")[0] for line in reporter.said] == [
        "transferred 1 file",
        lost.message,
        lost.message,
        "transferred 1 file",
    ]


def test_watch_ends_when_the_disk_is_full(tmp_path: Path) -> None:
    """What trying again cannot mend ends the watch."""
    courier = FakeCourier(ONE, HostError("a disk is full"))
    with pytest.raises(HostError, match="full"):
        actions.watch(
            fake_world(tmp_path, ssh=reachable()),
            courier,
            FakeWatcher(0, 1),
            SyncRequest(up=True, root=tmp_path),
        )
