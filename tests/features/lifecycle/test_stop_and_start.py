"""What a stop and a start right after it leave behind, for the bill."""

import dataclasses
from pathlib import Path

from gpuinfra.features.lifecycle import power
from gpuinfra.features.money import ledger
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING

STOPPED = dataclasses.replace(
    RUNNING, state="stopped", public_ip="", launched="2026-11-30T10:00:00Z", since="2026-11-30T10:09:00Z"
)


def test_a_start_knows_until_when_the_host_was_off(tmp_path: Path) -> None:
    """However soon after the stop: the look before it is kept; no minute of it counts as running."""
    world = fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED))
    power.stop(world, yes=True, running=lambda _: [])
    power.start(world)
    assert [it.state for it in ledger.of(world.files).sightings()][:2] == ["stopped", "stopped"]
