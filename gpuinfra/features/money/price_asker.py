"""Asks AWS for prices, all that is wanted at the same time, and turns the answers into what is kept."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_cache import KeptPrice
from gpuinfra.features.money.questions import PriceQuestion
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.price_list import PricedProduct

if TYPE_CHECKING:
    from gpuinfra.ground.protocols import PriceSource

ON_DEMAND, SPOT = "on-demand ", "spot "
PERMISSION = re.compile(r"allow [\w-]+:\w+")
NO_SPOT = "it is not sold on the spot market there"


def on_demand_name(instance_type: str) -> str:
    """Return the name under which the on-demand price of a type is kept."""
    return f"{ON_DEMAND}{instance_type}"


def spot_name(instance_type: str) -> str:
    """Return the name under which the spot prices of a type are kept."""
    return f"{SPOT}{instance_type}"


class Asker:
    """Asks AWS once for each thing in the life of a command; failed: why there is no answer, by name."""

    def __init__(self, ask: Callable[[], PriceSource], *, region: str, now: Callable[[], float]) -> None:
        self._ask, self._now = ask, now
        self._spot_currency = "CNY" if region.startswith("cn-") else "USD"  # EC2 does not say
        self._lock = threading.Lock()
        self._source: PriceSource | None = None
        self.failed: dict[str, str] = {}

    def answers(self, names: Sequence[str]) -> dict[str, KeptPrice]:
        """Return what AWS answers, by name; what it refuses is in `failed`."""
        left = [name for name in dict.fromkeys(names) if name not in self.failed]
        found: dict[str, KeptPrice] = {}
        threads = [
            threading.Thread(target=self._one, args=(call, group, found), daemon=True)
            for call, group in self._calls(left)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def _calls(self, names: Sequence[str]) -> list[tuple[_Call, list[str]]]:
        """Return the calls, and which names each answers."""
        types = [name for name in names if name.startswith(ON_DEMAND)]
        spot = [name for name in names if name.startswith(SPOT)]
        things: dict[int, list[str]] = {}
        for name in names:
            if name not in types and name not in spot:
                things.setdefault(id(questions.of_thing(name)), []).append(name)
        calls = [(self._types, types), (self._spot, spot), *((self._things, t) for t in things.values())]
        return [(call, group) for call, group in calls if group]

    def _one(self, call: _Call, names: list[str], found: dict[str, KeptPrice]) -> None:
        try:
            with self._lock:
                self._source = self._source or self._ask()
            found.update(call(self._source, names))
        except GpuInfraError as error:
            allow = PERMISSION.search(error.hint)
            self.failed.update(dict.fromkeys(names, allow[0] if allow else error.message))

    def _types(self, source: PriceSource, names: list[str]) -> dict[str, KeptPrice]:
        types = [name.removeprefix(ON_DEMAND) for name in names]
        question = questions.of_types(types)
        products = source.products(question.service, question.filters)
        return {
            on_demand_name(it): self._kept([p for p in products if p.instance_type == it]) for it in types
        }

    def _spot(self, source: PriceSource, names: list[str]) -> dict[str, KeptPrice]:
        types, at = [name.removeprefix(SPOT) for name in names], self._now()
        zones = source.spot(types)
        none = KeptPrice(amount=None, at=at, why=NO_SPOT)

        def kept(by_zone: Mapping[str, float]) -> KeptPrice:
            least = min(by_zone.values())
            return KeptPrice(amount=least, at=at, currency=self._spot_currency, zones=by_zone)

        return {spot_name(it): kept(zones[it]) if zones.get(it) else none for it in types}

    def _things(self, source: PriceSource, names: list[str]) -> dict[str, KeptPrice]:
        """Keep all that one answer tells: the price of IOPS comes with that of space."""
        question: PriceQuestion = questions.of_thing(names[0])
        products = source.products(question.service, question.filters)
        return {
            name: self._kept([p for p in products if questions.has_usage_type(p, usage_type)])
            for name, usage_type in question.usage_types.items()
        }

    def _kept(self, products: Sequence[PricedProduct]) -> KeptPrice:
        price = questions.the_price(products)
        if isinstance(price, str):
            return KeptPrice(amount=None, at=self._now(), why=price)
        amount, currency, unit = price
        return KeptPrice(amount=amount, at=self._now(), currency=currency, unit=unit)


_Call = Callable[["PriceSource", list[str]], Mapping[str, KeptPrice]]
