"""Instance types with their prices, as a table by what a GPU costs an hour. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.money.price_asker import NO_SPOT
from gpuinfra.features.money.questions import NO_PRICE
from gpuinfra.features.money.rates import Price
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.price_list import GpuType
from gpuinfra.ground.text import shorten, table

HEAD = ("type", "GPU", "GPU GB", "vCPU", "GiB", "on-demand", "spot", "zone", "USD a GPU hour")
MIB_A_GIB, BYTES_A_MIB, BYTES_A_GB = 1024, 1024**2, 1000**3


@dataclass(frozen=True, kw_only=True)
class TypePrice:
    """A type with its prices an hour; spot: in its cheapest zone. gpu None: it has no NVIDIA GPU."""

    name: str
    gpu: GpuType | None
    on_demand: Price
    spot: Price
    zone: str

    @property
    def is_sold(self) -> bool:
        """Tell whether there is anything to show: a type may be sold by reservation alone, or elsewhere."""
        return self.on_demand.why != NO_PRICE or self.spot.usd_h is not None

    @property
    def usd_gpu_h(self) -> float | None:
        """Return what one whole GPU costs an hour on demand."""
        return self.on_demand.usd_h / self.gpu.gpus if self.gpu and self.on_demand.usd_h is not None else None

    @property
    def whys(self) -> list[str]:
        """Return why a price is not known, or old; of a type without spot the table says enough."""
        prices = [it for it in (self.on_demand, self.spot) if it.cny_h is None]
        return list(dict.fromkeys(it.why for it in prices if it.why not in ("", NO_SPOT)))

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        gpu = self.gpu
        return {
            "type": self.name,
            "gpu": gpu.gpu if gpu else "",
            "gpus": gpu.gpus if gpu else 0,
            "gpu_memory_gb": sold_gb(gpu.gpu_memory_mib) if gpu else 0,
            "vcpus": gpu.vcpus if gpu else None,
            "memory_gib": gpu.memory_mib / MIB_A_GIB if gpu else None,
            "on_demand_usd_h": self.on_demand.usd_h,
            "spot_usd_h": self.spot.usd_h,
            "spot_zone": self.zone,
            "usd_gpu_h": self.usd_gpu_h,
            "asked_at": self.on_demand.asked_at,
            "why": self.on_demand.why,
            "spot_why": self.spot.why,
        }

    def cells(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        gpu = self.gpu
        facts = ("-", "-", "-", "-")
        if gpu:
            facts = (
                _gpus(gpu),
                str(sold_gb(gpu.gpu_memory_mib)),
                str(gpu.vcpus),
                f"{gpu.memory_mib / 1024:g}",
            )
        per_gpu = "-" if self.usd_gpu_h is None else f"{self.usd_gpu_h:.3f}"
        return (self.name, *facts, _shown(self.on_demand), _shown(self.spot), self.zone or "-", per_gpu)


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """The types of a region."""

    region: str
    rows: tuple[TypePrice, ...]

    def text(self) -> str:
        """Return it as a table, USD an hour."""
        return table([HEAD, *(row.cells() for row in self.rows if row.is_sold)])

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"region": self.region, "types": [row.plain() for row in self.rows]}

    def notes(self) -> list[str]:
        """Return of when the prices are, and why some are not known."""
        dates = sorted(row.on_demand.asked_at for row in self.rows if row.on_demand.asked_at)
        notes = (
            [f"USD an hour in {self.region}, as told on {dates[0][:16].replace('T', ' ')} UTC"]
            if dates
            else []
        )
        whys: dict[str, list[str]] = {}
        for row in self.rows:
            for why in row.whys:
                whys.setdefault(why, []).append(row.name)
        return [*notes, *(f"{shorten(', '.join(names))}: {why}" for why, names in whys.items())]


@dataclass(frozen=True, kw_only=True)
class TypeFilter:
    """Which types are wanted; names: these alone. gpu: A10G. min_gpu_memory_gb: of one GPU, as it is sold."""

    names: tuple[str, ...] = ()
    gpu: str = ""
    min_gpu_memory_gb: int = 0

    def chosen(self, types: Sequence[GpuType], region: str) -> list[tuple[str, GpuType | None]]:
        """Return the names wanted, with what is known of each.

        Raises:
            ConfigError: none is like that.
        """
        known: dict[str, GpuType | None] = {it.name: it for it in types}
        found = [(name, known.get(name)) for name in dict.fromkeys(self.names or known)]
        fits = [(name, it) for name, it in found if self._fits(it)]
        if not fits:
            has = ", ".join(sorted({f"{it.gpu} ({sold_gb(it.gpu_memory_mib)} GB)" for it in types}))
            raise ConfigError(
                f"{region} has no such type: {self._words()}; its GPUs are {has or 'none'}",
                hint=f"gpuinfra prices --region {region}",
            )
        return fits

    def _fits(self, it: GpuType | None) -> bool:
        if it is None:
            return not (self.gpu or self.min_gpu_memory_gb)
        return (
            self.gpu.lower() in ("", it.gpu.lower()) and sold_gb(it.gpu_memory_mib) >= self.min_gpu_memory_gb
        )

    def _words(self) -> str:
        memory = f"at least {self.min_gpu_memory_gb} GB each" if self.min_gpu_memory_gb else ""
        return ", ".join(filter(None, [*self.names, self.gpu, memory])) or "any GPU"


def sold_gb(mib: int) -> int:
    """Return the memory of a GPU as it is sold: an L4 of 22,888 MiB has 24 GB, a T4 of 16,384 MiB has 16.

    EC2 tells some in binary and some in decimal units, and the first are whole GiB.
    """
    return mib // MIB_A_GIB if mib % MIB_A_GIB == 0 else round(mib * BYTES_A_MIB / BYTES_A_GB)


def _gpus(gpu: GpuType) -> str:
    return f"{gpu.gpus:g} x {gpu.gpu}" if gpu.gpus >= 1 else f"1/{1 / gpu.gpus:g} {gpu.gpu}"


def _shown(price: Price) -> str:
    if price.cny_h is not None:
        return f"{price.cny_h:.3f} CNY"
    return "-" if price.usd_h is None else f"{price.usd_h:.3f}"


def rank(row: TypePrice) -> tuple[float, float, str]:
    """Order by what a GPU costs, then by what the type costs; what is not known comes last."""
    first = math.inf if row.usd_gpu_h is None else row.usd_gpu_h
    return (first, math.inf if row.on_demand.usd_h is None else row.on_demand.usd_h, row.name)
