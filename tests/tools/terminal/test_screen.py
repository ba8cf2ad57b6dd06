"""Lines at a real terminal that replace those before."""

import os
import pty
import select
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
from gpuinfra.factory import money_parts
screen = money_parts.screen()
if screen is None:
    raise SystemExit("no screen")
with screen:
    screen.show(["first", "bars " + screen.bars])
    screen.show(["second \\x1b]0;title\\x07\\x1b[31mred", f"{screen.width} columns", "x" * 500])
"""


def shown(*, is_terminal: bool = True, size: tuple[int, int] = (24, 60), **env: str) -> str:
    """Run it at a terminal, or without one; return all that came."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, size)
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environ = {**kept, "TERM": "xterm", "PYTHONUTF8": "1", **env}
    out = inner if is_terminal else subprocess.PIPE
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environ, stdin=inner, stdout=out, stderr=inner
    )
    os.close(inner)
    seen = b""
    with suppress(OSError):  # EIO: Linux's way to say that the other side is closed
        while select.select([outer], [], [], PATIENCE_S)[0] and (data := os.read(outer, 65536)):
            seen += data
    os.close(outer)
    if child.stdout:
        child.stdout.close()
    child.wait(PATIENCE_S)
    return seen.decode("utf-8", "replace")


def test_later_lines_replace_earlier_ones_and_the_last_stay() -> None:
    """The cursor goes up and the lines are written anew; the cursor that was hidden is shown again."""
    seen = shown()
    first, second = seen.index("first"), seen.index("second")
    assert "\x1b[1A" in seen[first:second]
    assert "60 columns" in seen
    assert seen.rindex("\x1b[?25h") > second
    assert "▁▂▃▄▅▆▇█" in seen


def test_no_line_of_a_host_steers_the_terminal_or_breaks_it() -> None:
    """Its sequences are taken out; what is too wide is cut."""
    seen = shown()
    assert "title" not in seen
    assert "\x1b[31m" not in seen
    assert "x" * 60 in seen
    assert "x" * 61 not in seen


def test_a_locale_without_blocks_gets_plain_bars() -> None:
    """What the terminal cannot show is not written."""
    assert "bars _.:-=+*#" in shown(PYTHONUTF8="0", PYTHONIOENCODING="ascii")


@pytest.mark.parametrize(("is_terminal", "term"), [(True, "dumb"), (False, "xterm")])
def test_where_no_line_can_be_replaced_there_is_no_screen(is_terminal: bool, term: str) -> None:
    """A pipe, or a terminal that knows no movement."""
    assert shown(is_terminal=is_terminal, TERM=term).strip() == "no screen"
