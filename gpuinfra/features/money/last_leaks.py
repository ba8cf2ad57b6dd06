"""What the last `leaks` found, kept in one small file: `status` shows it and asks nobody."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.text import count
from gpuinfra.tools.files import write_private


@dataclass(frozen=True, kw_only=True)
class LastLeaks:
    """How much a search through all regions found; taken_at: ISO 8601, UTC."""

    things: int
    usd_month: float
    unknown_prices: int
    taken_at: str

    @property
    def line(self) -> str:
        """Return it in words; empty where nothing was found."""
        if not self.things:
            return ""
        least = "at least " if self.unknown_prices else ""
        return (
            f"{count(self.things, 'thing')} that no stack records, {least}{self.usd_month:.2f} USD a month"
            f" (seen {self.taken_at[:10]}): {command('leaks', DEFAULT_STACK)}"
        )


def keep(path: Path, last: LastLeaks) -> None:
    """Write it; a disk that is full loses a line of `status`, no result."""
    with suppress(OSError):
        write_private(path, json.dumps(asdict(last)).encode())


def seen(path: Path) -> str:
    """Return what was found in one line; empty where that was nothing, or nobody has searched."""
    try:
        return LastLeaks(**json.loads(path.read_text(encoding="utf-8"))).line
    except (OSError, ValueError, TypeError, RecursionError):
        return ""
