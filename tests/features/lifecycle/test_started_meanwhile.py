"""The copy of a disk takes hours: whoever starts the host meanwhile keeps it, and all that is on its disk."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Tags
from tests.features.lifecycle.account import WORK, Account, AccountImages
from tests.features.lifecycle.moving import OLD, Scene, scene


class Meanwhile(AccountImages):
    """Copies during which something happens: once, when one is begun, or when one is there."""

    def __init__(self, account: Account, happens: Callable[[Account], None], *, at: str) -> None:
        super().__init__(account)
        self.happens, self.at = happens, at

    def create(self, instance_id: str, *, name: str, tags: Mapping[str, str]) -> None:
        """Copy a disk."""
        super().create(instance_id, name=name, tags=tags)
        self._reached("begun")

    def copies(self, tags: Tags) -> list[DiskCopy]:
        """Return them."""
        found = super().copies(tags)
        if any(it.state == "available" for it in found):
            self._reached("there")
        return found

    def _reached(self, moment: str) -> None:
        if moment == self.at:
            self.at = ""
            self.happens(self.account)


def started(account: Account) -> None:
    """Let somebody start the host, who finds room in its zone by now."""
    account.full.clear()
    account.start(OLD)


def worked(account: Account) -> None:
    """Let somebody start it, work there, and stop it: what was copied so far is without that."""
    account.change(OLD, state="stopped", launched="2026-01-02T09:00:00Z")
    account.disks.update(dict.fromkeys(account.copies, "what was there before"))


def start(it: Scene, happens: Callable[[Account], None], *, at: str) -> None:
    """Start the host elsewhere, and be proven there."""
    images = Meanwhile(it.account, happens, at=at)
    elsewhere = Elsewhere(images=lambda _: images, moves=True, yes=True)
    elsewhere.proven(it.world, power.start(it.world, elsewhere))


def test_a_host_that_was_started_meanwhile_runs_on(tmp_path: Path) -> None:
    """It is not replaced by its own copy; that goes, for it has less than the disk."""
    it = scene(tmp_path)
    start(it, started, at="begun")
    assert (it.running.instance_id, it.account.copies) == (OLD, {})
    assert any("was started meanwhile, and is not moved" in line for line in it.reporter.said)


def test_one_that_was_started_in_the_last_moment_is_not_touched(tmp_path: Path) -> None:
    """Looked at once more before EC2 is asked for its successor."""
    it = scene(tmp_path)
    with pytest.raises(HostError, match="was started meanwhile: it is not moved"):
        start(it, started, at="there")
    assert it.running.instance_id == OLD


def test_what_was_done_meanwhile_is_copied_too(tmp_path: Path) -> None:
    """It was stopped again: the copy that was begun before is out of date, and goes with the other one."""
    it = scene(tmp_path)
    start(it, worked, at="begun")
    assert it.account.disks[it.running.instance_id] == WORK
    assert (it.running.instance_id != OLD, it.account.copies) == (True, {})
