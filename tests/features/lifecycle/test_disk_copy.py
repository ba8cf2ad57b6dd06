"""The copy of a disk while EC2 makes it, and where it is all that is left of the host."""

from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.features.money import disk_copies
from gpuinfra.ground.errors import CloudError
from tests.features.lifecycle.account import OTHER
from tests.features.lifecycle.moving import OLD, Scene, scene


def start(it: Scene) -> str:
    """Start the host; return the id of that which runs then."""
    power.start(it.world, it.elsewhere())
    return it.running.instance_id


def test_of_a_host_that_is_gone_the_copy_alone_is_said_to_be_kept(tmp_path: Path) -> None:
    """Somebody has terminated it meanwhile: "stopped, its disk is safe" would be false."""
    it = scene(tmp_path)
    it.account.full.add(("g4dn.xlarge", OTHER))
    with pytest.raises(CloudError, match="It is stopped, its disk is safe"):
        start(it)
    it.account.end(OLD)
    with pytest.raises(CloudError, match=r"It is gone; what was on its disk is in the copy ami-"):
        start(it)
    assert disk_copies.kept(it.world.files, OLD) is not None
    it.account.full.discard(("g4dn.xlarge", OTHER))
    assert (start(it) != OLD, it.account.log.count("CreateImage")) == (True, 1)


def test_a_lost_connection_does_not_end_the_wait_for_a_copy(tmp_path: Path) -> None:
    """It takes minutes to hours, at night; EC2 goes on with it."""
    it = scene(tmp_path)
    it.account.away = 5
    assert (start(it) != OLD, it.account.log.count("CreateImage"), it.account.away) == (True, 1, 0)
