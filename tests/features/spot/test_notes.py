"""What the spot market means is said where it is chosen, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.spot.notes import tell_market
from gpuinfra.ground.model import Record
from tests import samples
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeValues


@pytest.mark.parametrize(
    ("market", "lines"), [("on-demand", 0), ("spot", 1), ("spot-then-on-demand", 1), ("capacity-block", 0)]
)
def test_one_line_for_spot_alone(tmp_path: Path, market: str, lines: int) -> None:
    """It names what keeps the work."""
    reporter = FakeReporter()
    values = FakeValues(replace(SETTINGS, market=market))
    tell_market(fake_world(tmp_path, reporter=reporter, values=values, records=[Record()]))
    assert len(reporter.said) == lines
    assert all("--restart" in line and "gpuinfra drill" in line for line in reporter.said)


@pytest.mark.parametrize(("market", "lines"), [("on-demand", 0), ("spot", 1)])
def test_of_a_host_that_lives_its_own_market_counts(tmp_path: Path, market: str, lines: int) -> None:
    """With spot-then-on-demand it may be an on-demand host, which nobody takes back."""
    reporter = FakeReporter()
    values = FakeValues(replace(SETTINGS, market="spot-then-on-demand"))
    record = replace(RECORDED, host=samples.host(market=market))
    tell_market(fake_world(tmp_path, reporter=reporter, values=values, records=[record]))
    assert len(reporter.said) == lines
