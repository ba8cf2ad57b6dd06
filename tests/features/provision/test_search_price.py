"""A max_price below the spot price is told before AWS is asked for a host."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.up import apply
from gpuinfra.ground.pool import Pool
from tests.fakes.prices import FakePriceList
from tests.fakes.world import SETTINGS
from tests.features.provision.search_scene import NO_CAPACITY, YES, Scene

SPOT, ON_DEMAND = (Pool(instance_type="g4dn.xlarge", market=market) for market in ("spot", "on-demand"))


@pytest.mark.parametrize(
    ("max_price", "prices", "is_told"),
    [(0.1, {"us-east-1a": 0.188}, True), (0.2, {"us-east-1a": 0.188}, False), (0.1, {}, False)],
)
def test_a_price_that_is_too_low_is_told(
    max_price: float, prices: dict[str, float], is_told: bool, tmp_path: Path
) -> None:
    """With the price; where that is unknown AWS will say it."""
    settings = dataclasses.replace(SETTINGS, market="spot-then-on-demand", max_price=max_price)
    scene = Scene(tmp_path, {SPOT: NO_CAPACITY}, settings=settings)
    spot = {"g4dn.xlarge": prices} if prices else {}
    world = dataclasses.replace(scene.world, price_source=FakePriceList(spot=spot))
    apply(world, YES)
    told = [
        line for line in scene.reporter.said if line.startswith("! max_price = 0.1 is below the spot price")
    ]
    assert len(told) == is_told
    assert scene.terraform.asked == [SPOT, ON_DEMAND]
