"""What a person sees of a long wait."""

import io
import time

import pytest

from gpuinfra.ground.ticker import ticking


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(("terminal", "tick"), [(True, "\rbuilding ... 0 s"), (False, "building ... 0 s\n")])
def test_a_long_wait_is_counted(terminal: bool, tick: str) -> None:
    """At a terminal one line counts the seconds; in a log each tick is a line of its own."""
    screen = Screen(terminal=terminal)
    with ticking("building", screen, at_terminal_s=0.001, in_log_s=0.001):
        while tick not in screen.getvalue():
            time.sleep(0.001)
    assert screen.getvalue().startswith("building ...")
    assert screen.getvalue().endswith("\n")


def test_a_wait_that_fails_ends_its_line() -> None:
    """What is said after an error begins on a line of its own, and nothing is counted any more."""
    screen = Screen(terminal=True)
    with pytest.raises(ValueError, match="no"), ticking("building", screen):
        raise ValueError("no")
    assert screen.getvalue() == "building ...\n"
