"""Colour of the first word of a line, at a terminal that wants any (https://no-color.org)."""

import os
from collections.abc import Mapping
from typing import TextIO

# SGR codes of ECMA-48
WORDS = {"error:": "1;31", "next:": "1;36", "ready:": "1;32"}


def coloured(line: str, stream: TextIO, environ: Mapping[str, str] = os.environ) -> str:
    """Return a line for a stream; only a terminal gets colour, and only a word that we begin lines with."""
    start = line.lstrip(" ")
    code = WORDS.get(start.partition(" ")[0])
    if not code or environ.get("NO_COLOR") or environ.get("TERM") in ("dumb", None) or not stream.isatty():
        return line
    word, space, rest = start.partition(" ")
    return f"{line[: len(line) - len(start)]}\x1b[{code}m{word}\x1b[0m{space}{rest}"
