"""Where a host can come from: EC2 has capacity, or none, by type, market and zone."""

from dataclasses import dataclass
from typing import Protocol

from gpuinfra.ground.model import Settings

ON_DEMAND, SPOT = "on-demand", "spot"
# What `market` of terraform.tfvars means: one market after the other.
MARKETS = {ON_DEMAND: (ON_DEMAND,), SPOT: (SPOT,), f"{SPOT}-then-{ON_DEMAND}": (SPOT, ON_DEMAND)}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """One place to ask for a host; market: on-demand or spot. zone: empty where EC2 may choose."""

    instance_type: str
    market: str = ON_DEMAND
    zone: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.instance_type} {self.market}{f' in {self.zone}' if self.zone else ''}"

    def covers(self, other: "Pool") -> bool:
        """Tell whether a host of the other place is what was asked for here."""
        is_same = (self.instance_type, self.market) == (other.instance_type, other.market)
        return is_same and self.zone in ("", other.zone)


class PoolFile(Protocol):
    """The record of the place that a stack's host was asked for in; Terraform reads it, too."""

    def read(self) -> Pool | None:
        """Return what is recorded; raises ConfigError for what is none of ours."""

    def write(self, pool: Pool) -> None:
        """Record a place, in one step."""

    def delete(self) -> None:
        """Forget it."""


class NoPoolFile:
    """Stands for the record where there is none."""

    def read(self) -> Pool | None:
        """Return nothing."""
        return None

    def write(self, pool: Pool) -> None:
        """Keep nothing."""

    def delete(self) -> None:
        """Keep nothing."""


def cells(settings: Settings) -> tuple[Pool, ...]:
    """Return the places to ask in, in order: market by market, type by type, zone by zone if any is named.

    Without a zone EC2 looks in all of them at once, which is one try for each type and market.
    """
    types = settings.instance_types or (settings.instance_type,)
    zones = settings.zones or ("",)
    return tuple(
        Pool(instance_type=name, market=market, zone=zone)
        for market in MARKETS.get(settings.market, (settings.market,))
        for name in types
        for zone in zones
    )
