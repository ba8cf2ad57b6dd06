"""A host in a Capacity Block that is stopped within it."""

import dataclasses
from pathlib import Path

from gpuinfra.features.lifecycle import power
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, FakeReporter


def test_a_stop_in_a_block_says_that_it_saves_nothing(tmp_path: Path) -> None:
    """It is paid for already; its place is free for another host."""
    block = dataclasses.replace(RUNNING, market="capacity-block")
    reporter = FakeReporter()
    world = fake_world(tmp_path, cloud=FakeCloud(instance=block), reporter=reporter)
    power.stop(world, yes=True, running=lambda _: [])
    assert any("its Capacity Block is paid for all the same" in said for said in reporter.said)
