"""What a login on the host is told of its price."""

import time
from pathlib import Path

from gpuinfra.features.money import prices
from gpuinfra.features.money.login_line import login_line
from gpuinfra.features.money.rate import recorded
from tests.fakes.host import fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import RECORDED
from tests.samples import host


def test_the_price_as_it_was_told(tmp_path: Path) -> None:
    """Nobody is asked for it: one that is not known is "unknown", one that is has its date."""
    source = FakePriceList()
    world = fake_world(tmp_path, price_source=lambda _: source, price_cache=tmp_path / "prices")
    line = login_line(world, host())
    assert "gpuinfra: stack default, unknown: " in line
    assert line.endswith("gpuinfra down ends the cost")
    prices.of(world, "us-east-1").fetch(recorded(RECORDED, host(), None).names())
    line = login_line(world, host())
    assert "USD an hour (g4dn.xlarge 0.526, " in line
    assert f"as told on {time.strftime('%Y-', time.gmtime())}" in line
