"""What a user sees, on terminals of several kinds, kept as a snapshot to be looked at before it changes.

GPUINFRA_WRITE_SCREENS=1 writes tests/data/screens.txt anew.
"""

import os
import re
from pathlib import Path

import pytest

from tests.e2e.cli import Cli
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e
KEPT = Path(__file__).resolve().parents[1] / "data" / "screens.txt"
COMMANDS = (("--help",), ("status",), ("list",), ("allow", "--cidr", "192.168.1.20"), ("stat",))
TERMINALS: dict[str, tuple[tuple[int, int], dict[str, str]]] = {
    "80x24": ((24, 80), {}),
    "200x50": ((50, 200), {}),
    "TERM=dumb": ((24, 80), {"TERM": "dumb"}),
    "NO_COLOR": ((24, 80), {"NO_COLOR": "1"}),
}


def masked(text: str, cli: Cli) -> str:
    """Return a screen without what differs from run to run; an escape is seen as one."""
    text = text.replace(str(cli.project), "PROJECT").replace("\x1b", "<ESC>")
    text = re.sub(r"i-[0-9a-f]{17}", "i-ID", re.sub(r"\d+\.\d+\.\d+\.\d+(?=\s)", "ADDRESS", text))
    text = re.sub(r"\d+\.\d+(?= USD since)", "N", text)  # so long as the machine took
    text = re.sub(
        r"(?<=127\.0\.0\.1:)\d+", "PORT", re.sub(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d, .*? ago", "TIME", text)
    )
    return re.sub(r"(?<=\S) {2,}", "  ", text)  # columns are as wide as an address is


def shown(cli: Cli) -> str:
    """Return all screens as one text."""
    screens = []
    for command in COMMANDS:
        done = cli.run(*command)
        printed = {"pipe": done.stdout + done.stderr}
        for name, (size, env) in TERMINALS.items():
            with Terminal(cli, *command, size=size, **env) as terminal:
                terminal.end()
            printed[name] = terminal.seen
        screens += [f"--- {name} $ gpuinfra {' '.join(command)}\n{text}" for name, text in printed.items()]
    return masked("\n".join(screens), cli)


def test_each_screen_is_the_one_that_was_looked_at(living: Cli) -> None:
    """Width, colour and its absence are as kept; a pipe and a dumb terminal get no escapes at all."""
    screens = shown(living)
    if os.environ.get("GPUINFRA_WRITE_SCREENS"):
        KEPT.write_text(screens, encoding="utf-8")
    assert screens == KEPT.read_text(encoding="utf-8")
    plain = [part for part in screens.split("--- ") if part.startswith(("pipe", "TERM=dumb", "NO_COLOR"))]
    assert len(plain) == 3 * len(COMMANDS)
    assert not any("<ESC>" in part for part in plain)
