"""This machine's clock may be slow: a host that started in its future has cost nothing yet, never less."""

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
