"""What the tests of prices share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.money.price_cache import PriceCache
from gpuinfra.features.money.prices import Prices
from tests.fakes.prices import FakePriceList

NOW = 1_796_000_000.0


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Prices]:
    """Make the prices of a region, of a cache that outlives them."""

    def made(source: FakePriceList | None, *, at: float = NOW, region: str = "us-east-1") -> Prices:
        return Prices(region=region, cache=PriceCache(tmp_path, region), ask=source, now=lambda: at)

    return made
