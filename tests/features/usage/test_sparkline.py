"""Numbers as bars: what each terminal can show."""

import pytest

from gpuinfra.features.usage.sparkline import ASCII, BLOCKS, bars_for, sparkline


@pytest.mark.parametrize(
    ("encoding", "bars"),
    [("utf-8", BLOCKS), ("ascii", ASCII), ("latin-1", ASCII), (None, ASCII), ("no-such", ASCII)],
)
def test_a_terminal_gets_what_it_can_show(encoding: str | None, bars: str) -> None:
    """Blocks where they can be encoded, else plain characters."""
    assert bars_for(encoding) == bars


def test_values_are_bars_between_nothing_and_the_most() -> None:
    """The lowest bar is 0, the highest the most; what is above stays in, what is unknown is a gap."""
    assert sparkline([0, 50, 100, 250, -3, None], most=100, width=10) == "▁▅██▁ "


def test_the_newest_values_stay_in_a_narrow_line() -> None:
    """Too many values lose the oldest; no room has none; nothing to compare with is the lowest bar."""
    assert sparkline([100, 0, 0], most=100, width=2) == "▁▁"
    assert sparkline([1, 2], most=100, width=0) == ""
    assert sparkline([0, 0], most=0, width=5, bars=ASCII) == "__"
