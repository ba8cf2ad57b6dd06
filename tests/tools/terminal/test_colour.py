"""Colour at a terminal that wants it, and nowhere else."""

import io

import pytest

from gpuinfra.tools.terminal.colour import coloured


class Stream(io.StringIO):
    """A stream that is a terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Tell which."""
        return self._terminal


def test_a_terminal_gets_the_first_word_in_colour() -> None:
    """The text stays what it is, blanks included."""
    line = coloured("  next: gpuinfra up", Stream(True), {"TERM": "xterm-256color"})
    assert line == "  \x1b[1;36mnext:\x1b[0m gpuinfra up"


@pytest.mark.parametrize(
    ("line", "terminal", "environ"),
    [
        ("next: x", False, {"TERM": "xterm"}),
        ("next: x", True, {"TERM": "dumb"}),
        ("next: x", True, {}),
        ("next: x", True, {"TERM": "xterm", "NO_COLOR": "1"}),
        ("some next: x", True, {"TERM": "xterm"}),
        ("", True, {"TERM": "xterm"}),
    ],
)
def test_elsewhere_and_for_other_words_nothing_is_added(
    line: str, terminal: bool, environ: dict[str, str]
) -> None:
    """Pipes, dumb terminals, NO_COLOR, and what others said."""
    assert coloured(line, Stream(terminal), environ) == line
