"""Where a host can come from: EC2 has capacity, or none, by type, market and zone."""

from collections.abc import Sequence
from dataclasses import dataclass

MARKETS = ON_DEMAND, SPOT, CAPACITY_BLOCK = "on-demand", "spot", "capacity-block"


@dataclass(frozen=True, kw_only=True)
class Pool:
    """One place to ask for a host; market: one of MARKETS. zone: empty where EC2 may choose."""

    instance_type: str
    market: str = ON_DEMAND
    zone: str = ""

    def plain(self) -> dict[str, str | None]:
        """Return it as Terraform's variable `pool` takes it."""
        return {"instance_type": self.instance_type, "market": self.market, "zone": self.zone or None}

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.instance_type} {self.market}{f' in {self.zone}' if self.zone else ''}"


def pools_of(market: str, types: Sequence[str], zones: Sequence[str] = ("",)) -> tuple[Pool, ...]:
    """Return the places that such values name: market by market, type by type, zone by zone."""
    return tuple(
        Pool(instance_type=name, market=one, zone=zone)
        for one in markets_of(market)
        for name in types
        for zone in zones
    )


def markets_of(market: str) -> tuple[str, ...]:
    """Return the markets that a value of `market` in terraform.tfvars means, in order."""
    return (SPOT, ON_DEMAND) if market == "spot-then-on-demand" else (market,)
