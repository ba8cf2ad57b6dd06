"""`prices`: the types with NVIDIA GPUs of a region and what they cost, from the cache or from AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.features.money.price_asker import on_demand_name, spot_name
from gpuinfra.features.money.price_cache import PriceCache, TypesCache
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.table import PriceTable, TypeFilter, TypePrice, rank
from gpuinfra.ground.price_list import GpuType

if TYPE_CHECKING:
    from gpuinfra.ground.protocols import PriceSource, Reporter


class TypePrices:
    """The prices of the types of one region, from the cache or from AWS."""

    def __init__(
        self,
        region: str,
        *,
        directory: Path,
        ask: Callable[[], PriceSource],
        reporter: Reporter,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.region, self._ask, self._now = region, ask, now
        self._types = TypesCache(directory, region)
        self._cache = PriceCache(directory, region)
        self._prices = Prices(region=region, cache=self._cache, ask=ask, now=now)
        self._reporter = reporter

    def table(self, wanted: TypeFilter) -> PriceTable:
        """Return the types wanted, the cheapest GPU first.

        Raises:
            ConfigError: the region has none of them.
            CloudError: AWS does not tell its types.
        """
        chosen = wanted.chosen(self._gpu_types(), self.region)
        names = [make(name) for name, _ in chosen for make in (on_demand_name, spot_name)]
        if self._prices.due(names):
            with self._asking(f"Prices of {self.region}", "AWS is asked for prices"):
                self._prices.fetch(names)
        rows = [self._priced(name, gpu) for name, gpu in chosen]
        return PriceTable(region=self.region, rows=tuple(sorted(rows, key=rank)))

    @contextmanager
    def _asking(self, title: str, text: str) -> Iterator[None]:
        """Show that AWS is asked."""
        from gpuinfra.ground.model import Row  # 30 ms, which an answer from the cache does without

        with self._reporter.live(title) as view:
            view.rows([Row(mark="now", text=text)])
            yield

    def _gpu_types(self) -> list[GpuType]:
        known = self._types.get(self._now())
        if known is None:
            with self._asking(f"Types of {self.region}", "EC2 is asked for its types"):
                known = self._ask().gpu_types()
            self._types.put(known, self._now())
        return known

    def _priced(self, name: str, gpu: GpuType | None) -> TypePrice:
        on_demand, spot = self._prices.on_demand(name), self._prices.spot(name)
        kept = self._cache.get(spot_name(name))
        zones = kept.zones if kept else {}
        return TypePrice(
            name=name,
            gpu=gpu,
            on_demand=on_demand,
            spot=spot,
            zone=min(zones, key=lambda zone: (zones[zone], zone), default=""),
        )
