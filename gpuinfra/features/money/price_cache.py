"""The prices that AWS has told, by region, kept with the time at which each was told."""

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gpuinfra.ground import when
from gpuinfra.ground.price_list import GpuType
from gpuinfra.tools.files import make_private, write_private

FRESH_S = 24 * 3600.0
# What reading a damaged file may raise.
DAMAGED = (ValueError, TypeError, AttributeError, KeyError, RecursionError)


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
        with suppress(OSError, *DAMAGED):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(name): _checked(KeptPrice(**one)) for name, one in raw.items()}
        return {}


def _checked(kept: KeptPrice) -> KeptPrice:
    """Raise ValueError, or another of DAMAGED, where a file has something else than a price."""
    texts = (kept.currency, kept.unit, kept.why, *kept.zones)
    amounts = (0.0 if kept.amount is None else kept.amount, *kept.zones.values())
    is_price = all(0 <= it < math.inf for it in amounts) and when.is_time(kept.at)
    if not is_price or not all(isinstance(it, str) for it in texts):
        raise ValueError("no price")
    return kept


def _checked_type(it: GpuType) -> GpuType:
    """Raise the same where a file has something else than a type with GPUs."""
    is_type = 0 < it.gpus < math.inf and all(n >= 0 for n in (it.gpu_memory_mib, it.vcpus, it.memory_mib))
    if not is_type or not all(isinstance(text, str) for text in (it.name, it.gpu)):
        raise ValueError("no type")
    return it


class TypesCache:
    """The types with GPUs that a region sells, kept for a day."""

    def __init__(self, directory: Path, region: str) -> None:
        self._path = directory / f"{region}-types.json"

    def get(self, now: float) -> list[GpuType] | None:
        """Return them; None if they are not known, or too old."""
        with suppress(OSError, *DAMAGED):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            if 0 <= now - raw["at"] < FRESH_S:
                return [_checked_type(GpuType(**one)) for one in raw["types"]]
        return None

    def put(self, types: Sequence[GpuType], now: float) -> None:
        """Keep them."""
        data = json.dumps({"at": now, "types": [asdict(one) for one in types]}).encode()
        with suppress(OSError):
            make_private(self._path.parent)
            write_private(self._path, data)
