"""What the last search found, kept in one small file: `status` shows it and asks nobody."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gpuinfra.features.leaks.leak import Leaks, known_usd_month, unknown
from gpuinfra.features.leaks.leaks_text import line
from gpuinfra.tools.files import make_private, write_private


@dataclass(frozen=True, kw_only=True)
class LastSearch:
    """How much the last search through all regions found."""

    things: int
    usd_month: float
    unknown_prices: int
    taken_at: str


def keep(path: Path, leaks: Leaks) -> None:
    """Write it; a disk that is full loses a line of `status`, no result."""
    suspects = [it for it in leaks.suspects if it.is_mine]
    last = LastSearch(
        things=len(suspects),
        usd_month=known_usd_month(suspects),
        unknown_prices=unknown(suspects),
        taken_at=leaks.taken_at,
    )
    try:
        make_private(path.parent)
        write_private(path, json.dumps(asdict(last)).encode())
    except OSError:
        return


def seen(path: Path) -> str:
    """Return what the last search found in one line; nothing where it found nothing, or was none."""
    try:
        last = LastSearch(**json.loads(path.read_text(encoding="utf-8")))
        shown = line(last.things, last.usd_month, last.unknown_prices, last.taken_at)
    except (OSError, ValueError, TypeError, AttributeError):
        return ""
    return shown if last.things else ""
