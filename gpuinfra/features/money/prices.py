"""The prices of one region: from the cache, else from AWS; one that nobody told is None, no guess."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_asker import SPOT, Asker, on_demand_name, spot_name
from gpuinfra.features.money.price_cache import FRESH_S, PriceCache
from gpuinfra.features.money.rates import HOURS_A_MONTH, Price

if TYPE_CHECKING:
    from gpuinfra.ground.protocols import PriceSource
    from gpuinfra.ground.world import World

# The price list changes with days' notice; spot prices several times a day.
SPOT_FRESH_S = 3600.0
NOT_PLAIN = "its IOPS or its throughput are no plain number in terraform.tfvars"
NOT_ASKED, NO_ANSWER = "not asked for yet: gpuinfra cost", "AWS did not answer in time"
# What a gp3 volume has without paying for it, https://aws.amazon.com/ebs/pricing/
FREE_IOPS, FREE_MIB_S, MIB_A_GIB = 3000, 125, 1024


def of(world: World, region: str, *, asks: bool = True) -> Prices:
    """Return the prices of a region; `asks`: AWS is asked for what is not kept, or too old."""
    cache = PriceCache(world.price_cache, region)
    return Prices(region=region, cache=cache, ask=(lambda: world.price_source(region)) if asks else None)


class Prices:
    """What things cost an hour in one region. ask: makes what asks AWS; None: only the cache is read.

    What is asked for is kept; if AWS does not answer, an older answer serves, with its date. Nothing raises.
    """

    def __init__(
        self,
        *,
        region: str,
        cache: PriceCache,
        ask: Callable[[], PriceSource] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._cache, self._now = cache, now
        self._is_open = True
        self._asker = Asker(ask, region=region, now=now) if ask else None

    def on_demand(self, instance_type: str) -> Price:
        """Return the price of a type: Linux, shared hardware."""
        return self._price(on_demand_name(instance_type), 1.0, "Hrs")

    def spot(self, instance_type: str, zone: str = "") -> Price:
        """Return the spot price of a type in a zone, in the cheapest one if none is named."""
        cheapest = self._price(spot_name(instance_type), 1.0, "Hrs")
        kept = self._cache.get(spot_name(instance_type))
        if cheapest.usd_h is None or not zone or not kept:
            return cheapest
        why = cheapest.why if zone in kept.zones else f"no spot price in {zone}"
        return Price(usd_h=kept.zones.get(zone), asked_at=cheapest.asked_at, why=why)

    def dearest_spot_usd_h(self, instance_type: str) -> float | None:
        """Return the spot price of a type in the zone where it costs most; None: unknown."""
        kept = self._cache.get(spot_name(instance_type))
        return max(kept.zones.values(), default=None) if kept and kept.currency == "USD" else None

    def disk(
        self, size_gb: int, *, iops: int | None = FREE_IOPS, throughput_mib_s: int | None = FREE_MIB_S
    ) -> Price:
        """Return the price of a gp3 volume; None: nobody knows what it has."""
        if iops is None or throughput_mib_s is None:
            return Price(usd_h=None, why=NOT_PLAIN)
        parts = [self._price(questions.DISK_GB, size_gb / HOURS_A_MONTH, "GB-Mo")]
        if iops > FREE_IOPS:
            parts.append(self._price(questions.DISK_IOPS, (iops - FREE_IOPS) / HOURS_A_MONTH, "IOPS-Mo"))
        if throughput_mib_s > FREE_MIB_S:
            gib_s = (throughput_mib_s - FREE_MIB_S) / MIB_A_GIB
            parts.append(self._price(questions.DISK_GIBPS, gib_s / HOURS_A_MONTH, "GiBps-mo"))
        return total(parts)

    def snapshot(self, size_gb: float) -> Price:
        """Return the price of so many GB in snapshots."""
        return self._price(questions.SNAPSHOT_GB, size_gb / HOURS_A_MONTH, "GB-Mo")

    def address(self) -> Price:
        """Return the price of a public IPv4 address, in use or not."""
        return self._price(questions.ADDRESS, 1.0, "Hrs")

    def nat_gateway(self) -> Price:
        """Return the price of a NAT gateway, without its address and its traffic."""
        return self._price(questions.NAT, 1.0, "Hrs")

    def endpoint(self) -> Price:
        """Return the price of an interface endpoint in one zone, without its traffic."""
        return self._price(questions.ENDPOINT, 1.0, "Hrs")

    def alarm(self) -> Price:
        """Return the price of a CloudWatch alarm."""
        return self._price(questions.ALARM, 1 / HOURS_A_MONTH, "Alarms")

    def close(self) -> Prices:
        """Ask no more: who waits for an answer has waited long enough."""
        self._is_open = False
        return self

    def fetch(self, names: Iterable[str]) -> None:
        """Ask AWS, at the same time, for all of these that are not known or too old."""
        if self._asker and self._is_open and (due := self.due(names)):
            self._cache.put(self._asker.answers(due))

    def due(self, names: Iterable[str]) -> list[str]:
        """Return those that are not known or too old."""
        return [name for name in names if self._is_due(name)]

    def _is_due(self, name: str) -> bool:
        kept = self._cache.get(name)
        fresh_s = SPOT_FRESH_S if name.startswith(SPOT) else FRESH_S
        return kept is None or not 0 <= self._now() - kept.at < fresh_s

    def _price(self, name: str, units: float, unit: str) -> Price:
        """Return the price of so many units an hour."""
        self.fetch([name])
        kept, failed = self._cache.get(name), self._asker.failed.get(name, "") if self._asker else ""
        if kept is None:
            return Price(usd_h=None, why=failed or (NOT_ASKED if self._is_open else NO_ANSWER))
        asked_at = datetime.fromtimestamp(kept.at, UTC).isoformat(timespec="seconds")
        if kept.amount is None:
            return Price(usd_h=None, asked_at=asked_at, why=kept.why)
        if kept.unit != unit:
            return Price(usd_h=None, asked_at=asked_at, why=f"told per {kept.unit}, not per {unit}")
        if kept.currency == "CNY":
            cny_h = kept.amount * units
            return Price(
                usd_h=None, asked_at=asked_at, why=f"billed in CNY: {cny_h:.3f} an hour", cny_h=cny_h
            )
        if kept.currency != "USD":
            return Price(usd_h=None, asked_at=asked_at, why=f"told in {kept.currency}")
        return Price(usd_h=kept.amount * units, asked_at=asked_at, why=failed)


def total(prices: Sequence[Price]) -> Price:
    """Return the sum, as old as its oldest part; unknown where one part is."""
    unknown = next((price for price in prices if price.usd_h is None), None)
    asked_at = min((price.asked_at for price in prices if price.asked_at), default="")
    if unknown:
        return Price(usd_h=None, asked_at=asked_at, why=unknown.why)
    why = next((price.why for price in prices if price.why), "")
    return Price(usd_h=sum(price.usd_h or 0.0 for price in prices), asked_at=asked_at, why=why)
