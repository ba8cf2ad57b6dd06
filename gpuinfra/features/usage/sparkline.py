"""Numbers as a line of bars, one character each. Pure."""

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.:-=+*#"
UNKNOWN = " "


def bars_for(encoding: str | None) -> str:
    """Return the bars that a terminal of this encoding can show."""
    try:
        BLOCKS.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BLOCKS


def sparkline(values: Sequence[float | None], *, most: float, width: int, bars: str = BLOCKS) -> str:
    """Return the last `width` values as bars, the newest at the right; `most` is the highest bar."""
    return "".join(_bar(value, most, bars) for value in values[-width:] if width > 0)


def _bar(value: float | None, most: float, bars: str) -> str:
    if value is None:
        return UNKNOWN
    step = int(value / most * len(bars)) if most > 0 else 0
    return bars[max(0, min(step, len(bars) - 1))]
