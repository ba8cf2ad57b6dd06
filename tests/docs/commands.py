"""Which words the command line knows: the only place of these tests that asks the program itself."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from typer.main import get_command

from gpuinfra.cli.app import app

SEPARATORS = {"&&", "||", "|", ";"}


def lines(text: str) -> Iterator[list[str]]:
    """Yield the words of each gpuinfra command in a shell text, without `gpuinfra` itself."""
    for line in text.replace("\\\n", " ").splitlines():
        words = [*shlex.split(line, comments=True), ";"]
        while words:
            end = next(n for n, word in enumerate(words) if word in SEPARATORS)
            if words[:1] == ["gpuinfra"]:
                yield words[1:end]
            words = words[end + 1 :]


def unknown(words: Sequence[str]) -> str:
    """Return the first command or option that the command line does not know; nothing if it knows all."""
    command: Any = get_command(app)
    for word in words:
        members = getattr(command, "commands", {})
        if word == "--":
            break
        if word.startswith("-"):
            if word.split("=")[0] not in _options(command):
                return word
        elif word in members:
            command = members[word]
        elif members:
            return word
    return ""


def _options(command: Any) -> set[str]:
    named = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return named | {"-h", "--help"}
