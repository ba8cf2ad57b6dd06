"""The help of every command as one text; `python -m tests.help_text` writes the snapshot anew."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

from gpuinfra.cli.app import app
from gpuinfra.quick import help

SNAPSHOT = Path(__file__).with_name("data") / "help.txt"
STORED = Path(help.__file__).with_name("help.txt")  # what the quick way answers from


def commands() -> Iterator[tuple[str, ...]]:
    """Yield every command's words, groups before their members; the program itself is ()."""
    yield ()
    todo: list[tuple[tuple[str, ...], object]] = [((), get_command(app))]
    while todo:
        words, group = todo.pop(0)
        for name, command in sorted(getattr(group, "commands", {}).items()):
            yield (*words, name)
            todo.append(((*words, name), command))


def help_of(words: tuple[str, ...]) -> str:
    """Return what a user sees, on a terminal of 100 columns without colour."""
    env = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    env = {k: v for k, v in env.items() if not k.startswith("GPUINFRA_")}
    argv = ["gpuinfra", *words, "--help"]
    code = f"import sys; sys.argv = {argv!r}; from gpuinfra.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return done.stdout


def all_help() -> str:
    """Return the help of all commands."""
    texts = [f"$ gpuinfra {' '.join((*words, '--help'))}\n{help_of(words).strip()}\n" for words in commands()]
    return "\n".join("\n".join(line.rstrip() for line in text.split("\n")) for text in texts)


def stored() -> str:
    """Return the help of all commands as it is printed, each after its mark."""
    return "".join(f"{help.MARK}{' '.join((*words, '--help'))}\n{help_of(words)}" for words in commands())


if __name__ == "__main__":
    SNAPSHOT.write_text(all_help(), encoding="utf-8")
    STORED.write_text(stored(), encoding="utf-8")
