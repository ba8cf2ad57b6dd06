"""The notice is seen once and begins one ending; silence is no notice; a drill is found on any host."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.host.guard import interruption, kept, spot
from gpuinfra.host.guard.spot import POLLS_A_LOOK, SILENT_LOOKS, NoticeWatcher

AT = "2026-11-23T06:30:00Z"
NOTICE = json.dumps({"action": "terminate", "time": AT})


class SpotHost:
    """A host's metadata, None for a service that is silent; and what was begun there."""

    def __init__(self, root: Path, life_cycle: str = "spot") -> None:
        self.root, self.silent = root, False
        self.metadata = {"instance-life-cycle": life_cycle}
        self.asked: list[str] = []
        self.begun: list[tuple[str, Sequence[str]]] = []
        self.told: list[str] = []

    def ask(self, item: str) -> str:
        """Answer as the service does."""
        self.asked.append(item)
        if self.silent:
            raise OSError("timed out")
        return self.metadata.get(item, "")

    def record(self, kind: str, *, text: str, **_: object) -> None:
        """Remember an event."""
        self.told.append(text)

    def watcher(self) -> NoticeWatcher:
        """Start one, as each start of the guard does."""
        return NoticeWatcher(
            ask=self.ask,
            begin=lambda unit, words: self.begun.append((unit, words)),
            record=self.record,
            disk=str(self.root / "disk"),
            run=str(self.root / "run"),
        )

    def look(self, watcher: NoticeWatcher, times: int = 1) -> None:
        """Let it look at the metadata so often."""
        for _ in range(times * POLLS_A_LOOK):
            watcher.look()


@pytest.fixture
def host(tmp_path: Path) -> SpotHost:
    """A spot host without a notice."""
    return SpotHost(tmp_path)


def test_a_notice_begins_one_ending(host: SpotHost) -> None:
    """However often it is seen, and by a guard that was started anew, too."""
    watcher = host.watcher()
    host.look(watcher)
    assert host.begun == []
    host.metadata["spot/instance-action"] = NOTICE
    host.look(watcher, 3)
    host.look(host.watcher())
    assert host.begun == [("gpuinfra-interruption", ("interrupted", "terminate", AT))]


@pytest.mark.parametrize("notice", ["no JSON", "[1]", '{"action": 7}'])
def test_a_notice_that_cannot_be_read_is_one(host: SpotHost, notice: str) -> None:
    """Something is there where there is nothing else: two minutes are left."""
    host.metadata["spot/instance-action"] = notice
    host.look(host.watcher())
    assert [unit for unit, _ in host.begun] == ["gpuinfra-interruption"]


def test_a_recommendation_ends_nothing(host: SpotHost) -> None:
    """It lets the jobs save, once; a notice that follows is an ending."""
    watcher = host.watcher()
    host.metadata["events/recommendations/rebalance"] = '{"noticeTime": "2026-11-23T06:20:00Z"}'
    host.look(watcher, 2)
    host.metadata["spot/instance-action"] = NOTICE
    host.look(watcher)
    assert [unit for unit, _ in host.begun] == ["gpuinfra-rebalance", "gpuinfra-interruption"]


def test_an_on_demand_host_asks_once(tmp_path: Path) -> None:
    """There is nothing to look for; a drill is still found."""
    host = SpotHost(tmp_path, life_cycle="on-demand")
    host.metadata["spot/instance-action"] = NOTICE
    watcher = host.watcher()
    host.look(watcher, 3)
    assert (host.asked, host.begun) == (["instance-life-cycle"], [])
    kept.store(str(tmp_path / "run" / spot.DRILL), {"id": "one", "notice_s": 60})
    host.look(watcher, 2)
    ((unit, words),) = host.begun
    assert (unit, words[:3]) == ("gpuinfra-drill", ("drilled", "one", "60"))


def test_silence_is_no_notice_and_told_once(host: SpotHost) -> None:
    """Also from the start; when the service answers again, that is told, and a notice is seen."""
    host.silent = True
    watcher = host.watcher()
    host.look(watcher, 3 * SILENT_LOOKS)
    assert host.begun == []
    (told,) = host.told
    assert "would not be seen" in told
    host.silent, host.metadata["spot/instance-action"] = False, NOTICE
    host.look(watcher, 2)
    assert "answers again" in host.told[1]
    assert [unit for unit, _ in host.begun] == ["gpuinfra-interruption"]


@pytest.mark.parametrize(
    ("at", "now", "left_s"),
    [
        (AT, 1795415280.0, 115.0),  # two minutes before
        (AT, 1795415340.0, 55.0),
        (AT, 1795419000.0, 10.0),  # a clock that is an hour late
        (AT, 1795411800.0, 115.0),  # or early
        ("", 0.0, 115.0),
        ("soon", 0.0, 115.0),
    ],
)
def test_the_time_that_is_left(at: str, now: float, left_s: float) -> None:
    """Up to five seconds before EC2's time; no wrong clock makes it nothing, or more than a notice."""
    assert interruption.left_s(at, now) == left_s
