"""What the spot market means is said where it is chosen, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.spot.notes import tell_market
from gpuinfra.ground.model import Record
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeState, FakeValues
from tests.samples import host


@pytest.mark.parametrize(
    ("market", "has", "lines"),
    [
        ("on-demand", "", 0),
        ("spot", "", 1),
        ("spot-then-on-demand", "", 1),
        ("capacity-block", "", 0),
        ("spot-then-on-demand", "spot", 1),
        ("spot-then-on-demand", "on-demand", 0),  # nobody takes that one back
    ],
)
def test_one_line_for_spot_alone(tmp_path: Path, market: str, has: str, lines: int) -> None:
    """It names what keeps the work."""
    reporter = FakeReporter()
    values = FakeValues(replace(SETTINGS, market=market))
    state = FakeState(replace(RECORDED, host=host(market=has)) if has else Record())
    tell_market(fake_world(tmp_path, reporter=reporter, values=values, state=state))
    assert len(reporter.said) == lines
    assert all("--restart" in line and "gpuinfra drill" in line for line in reporter.said)
