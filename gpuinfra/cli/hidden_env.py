"""Values of `--env K=V` leave the command line, where every user of this machine could read them.

    gpuinfra run --env TOKEN=secret -- CMD          process 1: `ps` shows the value, for milliseconds
      |  takes the values out, starts the program anew in its own place
    python -m gpuinfra run --env TOKEN -- CMD       process 2: `ps` shows the name
      environment: GPUINFRA_HIDDEN_ENV={"TOKEN": "secret"}      readable by this user alone

Process 2 takes the variable out of its environment (no child of it sees it) and reads K as K=V.
"""

import json
import os
import sys
from collections.abc import Sequence

from gpuinfra.cli.options import become

HIDDEN = "GPUINFRA_HIDDEN_ENV"
FLAGS = ("--env", "-e")


def hide_values(words: Sequence[str]) -> None:
    """Start this program anew without the values of --env in its command line; return if there are none.

    words: the user's command, with which our command line ends.
    """
    first_word = len(sys.argv) - len(words)
    shown, hidden = without_values(sys.argv[1:first_word])
    if hidden:
        os.environ[HIDDEN] = json.dumps(hidden)
        become([sys.executable, "-P", "-m", "gpuinfra", *shown, *sys.argv[first_word:]])


def environ() -> dict[str, str]:
    """Return this process's environment with the values that its command line does not show."""
    hidden: dict[str, str] = json.loads(os.environ.pop(HIDDEN, "{}"))
    return {**os.environ, **hidden}


def without_values(options: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return options with `--env K` for each `--env K=V`, and the values."""
    shown: list[str] = []
    hidden: dict[str, str] = {}
    for word in options:
        is_value = bool(shown) and shown[-1] in FLAGS
        # the same in one word: --env=K=V, -eK=V
        flag = "" if is_value else next((f for f in ("--env=", "-e") if word.startswith(f) and word != f), "")
        key, equals, value = word.removeprefix(flag).partition("=")
        takes_value = (is_value or bool(flag)) and bool(equals)
        if takes_value:
            hidden[key] = value
        shown.append(flag + key if takes_value else word)
    return shown, hidden
