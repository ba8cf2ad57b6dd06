"""The prices that AWS has told, by region, kept with the time at which each was told."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gpuinfra.ground.price_list import GpuType
from gpuinfra.ground.reply import fits
from gpuinfra.tools.files import make_private, write_private

FRESH_S = 24 * 3600.0
# What is in the files; a damaged one has something else.
PRICE = {
    "amount": (float, None),
    "at": float,
    "currency": (str, None),
    "unit": (str, None),
    "why": (str, None),
}
PRICES = {str: {**PRICE, "zones": ({str: float}, None)}}
GPU = {"name": str, "gpu": str, "gpus": float, "gpu_memory_mib": int, "vcpus": int, "memory_mib": int}
TYPES = {"at": float, "types": [GPU]}


@dataclass(frozen=True, kw_only=True)
class KeptPrice:
    """One answer: so much of a currency per unit; None: AWS has no such price, and `why`.

    at: when it was told, in seconds since 1970. zones: a spot price, USD an hour, in each zone.
    """

    amount: float | None
    at: float
    currency: str = "USD"
    unit: str = "Hrs"
    why: str = ""
    zones: Mapping[str, float] = field(default_factory=dict)


class PriceCache:
    """One file per region; a damaged one is as none, and a full disk only keeps nothing."""

    def __init__(self, directory: Path, region: str) -> None:
        self._path = directory / f"{region}.json"
        self._read: dict[str, KeptPrice] | None = None

    def get(self, name: str) -> KeptPrice | None:
        """Return what was told of a thing."""
        if self._read is None:
            self._read = self._load()
        return self._read.get(name)

    def put(self, told: Mapping[str, KeptPrice]) -> None:
        """Keep answers, beside those that another command has kept meanwhile."""
        self._read = {**(self._read or {}), **self._load(), **told}
        data = json.dumps({name: asdict(kept) for name, kept in self._read.items()}).encode()
        with suppress(OSError):
            make_private(self._path.parent)
            write_private(self._path, data)

    def _load(self) -> dict[str, KeptPrice]:
        with suppress(OSError, ValueError, TypeError, RecursionError):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            if fits(raw, PRICES):
                return {name: KeptPrice(**one) for name, one in raw.items()}
        return {}


class TypesCache:
    """The types with GPUs that a region sells, kept for a day."""

    def __init__(self, directory: Path, region: str) -> None:
        self._path = directory / f"{region}-types.json"

    def get(self, now: float) -> list[GpuType] | None:
        """Return them; None if they are not known, or too old."""
        with suppress(OSError, ValueError, TypeError, RecursionError):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            if fits(raw, TYPES) and 0 <= now - raw["at"] < FRESH_S:
                return [GpuType(**one) for one in raw["types"]]
        return None

    def put(self, types: Sequence[GpuType], now: float) -> None:
        """Keep them."""
        data = json.dumps({"at": now, "types": [asdict(one) for one in types]}).encode()
        with suppress(OSError):
            make_private(self._path.parent)
            write_private(self._path, data)
