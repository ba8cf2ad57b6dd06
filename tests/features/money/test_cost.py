"""What `cost` says: of a host that started in the future of a slow clock, and of a spot host."""

import dataclasses
from pathlib import Path

from gpuinfra.features.money import cost
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING

TOMORROW = dataclasses.replace(
    RUNNING, launched="2090-01-01T00:00:00Z", since="2090-01-01T00:00:00Z", market="on-demand"
)


def test_a_slow_clock_makes_no_time_negative(tmp_path: Path) -> None:
    """Neither in the values nor as a sentence without its end."""
    found = cost.cost(fake_world(tmp_path, cloud=FakeCloud(instance=TOMORROW)))
    assert found.plain()["running_s"] == 0
    assert found.plain()["until"] == "2090-01-01T00:00:00Z"
    so_far = next(line for line in found.text().splitlines() if line.startswith("so far"))
    assert not so_far.endswith(": ")


def test_a_spot_host_is_not_told_what_it_would_cost_while_stopped(tmp_path: Path) -> None:
    """EC2 stops none: it ends it, with its disk."""
    on_demand, spot = (
        cost.cost(fake_world(tmp_path, cloud=FakeCloud(instance=dataclasses.replace(RUNNING, market=market))))
        for market in ("on-demand", "spot")
    )
    assert "\nstopped " in on_demand.text()
    assert "\nstopped " not in spot.text()
