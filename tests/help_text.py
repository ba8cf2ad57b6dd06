"""The help of every command as one text; `python -m tests.help_text` writes the snapshot anew."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

from gpuinfra.cli.app import app
from gpuinfra.quick import help

SNAPSHOT = Path(__file__).with_name("data") / "help.txt"
PRINT_ALL = """
import contextlib, io, json, sys
from gpuinfra.cli.app import main
argvs, texts = json.loads(sys.argv[1]), []
for sys.argv in argvs:
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
        main()
    texts.append(printed.getvalue())
print(json.dumps(texts))
"""
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


@functools.cache
def helps() -> dict[tuple[str, ...], str]:
    """Return what a user sees, on a terminal of 100 columns without colour; one process prints all."""
    env = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    env = {k: v for k, v in env.items() if not k.startswith("GPUINFRA_")}
    argvs = [["gpuinfra", *words, "--help"] for words in commands()]
    done = subprocess.run(
        [sys.executable, "-c", PRINT_ALL, json.dumps(argvs)],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(commands(), json.loads(done.stdout), strict=True))


def help_of(words: tuple[str, ...]) -> str:
    """Return the help of one command."""
    return helps()[words]


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
