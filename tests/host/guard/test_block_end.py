"""The end of a Capacity Block: told by a tag, warned of, and one ending before EC2's, whatever restarts."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.features.capacity import reserved
from gpuinfra.ground import reservation
from gpuinfra.host.guard import block_end
from gpuinfra.host.guard.block_end import EC2_S, LEAD_S, LOOKS_A_READ, TAG, WARN_S, BlockEnd
from tests.host.guard.ended_host import EndedHost
from tests.waiting import PATIENCE_S

ENDS = "2026-12-01T11:30:00Z"
END_S = 1796124600.0
LATER = "2026-12-02T11:30:00Z"


class BlockHost:
    """A host's metadata, its clock, and what was begun, told and recorded there."""

    def __init__(self, root: Path) -> None:
        self.root, self.silent, self.now_s = root, False, END_S - 10_000
        self.tag, self.boot = ENDS, 1
        self.begun: list[tuple[str, Sequence[str]]] = []
        self.told: list[str] = []
        self.recorded: list[str] = []

    def ask(self, item: str) -> str:
        """Answer as the service does."""
        assert item == TAG
        if self.silent:
            raise OSError("timed out")
        return self.tag

    def record(self, kind: str, *, text: str, **_: object) -> None:
        """Remember an event."""
        self.recorded.append(text)

    def watcher(self) -> BlockEnd:
        """Start one, as each start of the guard does."""
        return BlockEnd(
            ask=self.ask,
            begin=lambda unit, words: self.begun.append((unit, words)),
            record=self.record,
            tell=self.told.append,
            disk=str(self.root / "disk"),
            run=str(self.root / f"run-{self.boot}"),
            now=lambda: self.now_s,
        )

    def look(self, watcher: BlockEnd, *, at: float) -> None:
        """Let it look for a minute, from a time before the block's end on."""
        self.now_s = END_S - at
        for _ in range(LOOKS_A_READ):
            watcher.look()


@pytest.fixture
def host(tmp_path: Path) -> BlockHost:
    """A host in a block."""
    return BlockHost(tmp_path)


def test_one_warning_and_one_ending_before_ec2s(host: BlockHost) -> None:
    """However often it is looked at, and by a guard that was started anew, too."""
    watcher = host.watcher()
    host.look(watcher, at=EC2_S + LEAD_S + WARN_S + 1)
    assert (host.told, host.begun) == ([], [])
    host.look(watcher, at=EC2_S + LEAD_S + WARN_S)
    (told,) = host.told
    assert "EC2 terminates this host, with its disk, from 11:00 UTC on" in told
    assert "on_stop and the saves run in 15 min" in told
    host.look(watcher, at=EC2_S + LEAD_S)
    host.look(host.watcher(), at=EC2_S + 10)
    assert host.begun == [("gpuinfra-block-end", ("block-ends", ENDS))]
    assert len(host.told) == 1


def test_after_a_reboot_the_end_holds(host: BlockHost) -> None:
    """Also where the metadata service is silent then; what was begun before the reboot begins anew."""
    host.look(host.watcher(), at=EC2_S + LEAD_S)
    host.boot, host.silent = 2, True
    host.look(host.watcher(), at=EC2_S + 100)
    assert [words[1] for _, words in host.begun] == [ENDS, ENDS]


def test_an_end_that_was_moved_holds_within_a_minute(host: BlockHost) -> None:
    """The new one is recorded; at the old one nothing happens, at the new one all of it."""
    watcher = host.watcher()
    host.look(watcher, at=EC2_S + 3000)
    host.tag = LATER
    host.look(watcher, at=EC2_S + 2000)
    host.look(watcher, at=EC2_S + LEAD_S)
    assert (host.begun, host.told) == ([], [])
    assert host.recorded[-1] == f"the Capacity Block ends {LATER}"
    host.look(watcher, at=EC2_S + LEAD_S - 86400)
    assert [words[1] for _, words in host.begun] == [LATER]


def test_a_host_that_outlives_the_end_it_knows_goes_on(host: BlockHost) -> None:
    """The block was extended, and nobody has told the host: a boot after that ends nothing."""
    host.look(host.watcher(), at=-10)
    assert host.begun == []


@pytest.mark.parametrize("tag", ["", "soon", "2026-12-01", "99"])
def test_no_end_or_one_that_is_none_ends_nothing(host: BlockHost, tag: str) -> None:
    """A tag that is no time is told once."""
    host.tag = tag
    watcher = host.watcher()
    for _ in range(3):
        host.look(watcher, at=EC2_S)
    assert host.begun == []
    assert len([text for text in host.recorded if "is no time" in text]) == (1 if tag else 0)


def test_a_bad_tag_does_not_undo_a_good_one(host: BlockHost) -> None:
    """The last end that was understood holds."""
    watcher = host.watcher()
    host.look(watcher, at=EC2_S + 3000)
    host.tag = "soon"
    host.look(watcher, at=EC2_S + LEAD_S)
    assert [words[1] for _, words in host.begun] == [ENDS]


def test_a_finished_job_is_told_before_the_host_is_gone(
    host: BlockHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a spot host: on the host of the next block it does not begin again."""
    monkeypatch.setenv("GPUINFRA_JOBS", str(tmp_path / "jobs"))
    (tmp_path / "jobs/7kqf").mkdir(parents=True)
    (tmp_path / "jobs/7kqf/job.json").write_text(json.dumps({"name": "train", "restart": True}))
    (tmp_path / "jobs/7kqf/end.json").write_text(json.dumps({"state": "done", "exit_code": 0}))
    host.look(host.watcher(), at=EC2_S + 3000)
    assert host.recorded[1:] == ["job train done, exit code 0"]


@pytest.mark.parametrize(
    ("before_end_s", "left_s"), [(EC2_S + LEAD_S, 290.0), (EC2_S + 100, 90.0), (EC2_S, 20.0), (0.0, 20.0)]
)
def test_the_time_for_hook_and_saves(before_end_s: float, left_s: float) -> None:
    """Up to ten seconds before EC2's time; who comes late has a little all the same."""
    assert block_end.left_s(ENDS, END_S - before_end_s) == left_s


def test_host_and_laptop_mean_the_same_times() -> None:
    """What status shows is what the host does."""
    assert reservation.EC2_ENDS.total_seconds() == EC2_S
    assert reservation.SAVES.total_seconds() == LEAD_S
    assert (TAG.removeprefix("tags/instance/"), block_end.FORMAT) == (reservation.TAG, reservation.FORMAT)


def test_the_ending_runs_the_hook_and_leaves_the_rest_to_ec2(tmp_path: Path) -> None:
    """Through the one ending: once, by EC2, no power-off; its reason is the one that status knows."""
    ended = EndedHost.made(tmp_path)
    ended.hook(f'#!/bin/sh\necho "$GPUINFRA_BY $GPUINFRA_REASON" >> {tmp_path}/told\n')
    for _ in range(2):
        assert ended.start("block-ends", ENDS).wait(PATIENCE_S) == 0
    told = f"{reserved.WORDS}, which ends {ENDS}"
    assert ended.text("told") == f"EC2 {told}\n"
    assert [(one["reason"], one["action"]) for one in ended.events("end")] == [(told, "none")]
    assert ended.text("asked") == ""
