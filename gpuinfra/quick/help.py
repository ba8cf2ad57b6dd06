"""--help of every command from stored text: typer alone takes 57 ms to import.

help.txt is written by `python -m tests.help_text`, and a test compares it with typer's own, byte for byte.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = 80  # no line of help is longer; a narrower terminal gets its help from typer
MARK = "\x1e$ gpuinfra "


def help_text(words: list[str], environ: Mapping[str, str]) -> str:
    """Return the help of a command; empty when it has to come from typer."""
    if _columns(environ) < COLUMNS:
        return ""
    with open(f"{os.path.dirname(__file__)}/help.txt", encoding="utf-8", newline="") as file:
        stored = file.read()
    head = MARK + " ".join((*words, "--help")) + "\n"
    begin = stored.find(head)
    if begin < 0:
        return ""
    begin += len(head)
    end = stored.find(MARK, begin)
    return stored[begin : end if end >= 0 else len(stored)]


def _columns(environ: Mapping[str, str]) -> int:
    """Return the width that click would take: COLUMNS, else the terminal's, else 80."""
    given = environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(1).columns or COLUMNS
    except OSError:
        return COLUMNS
