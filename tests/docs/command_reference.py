"""docs/commands.md, made from the help of every command: `python -m tests.docs.command_reference`."""

import re

from tests.docs.pages import ROOT
from tests.help_text import SNAPSHOT

PAGE = ROOT / "docs" / "commands.md"
HEAD = """\
# Commands
<!-- Made by `python -m tests.docs.command_reference` from the program's own help: do not edit. -->
The program's own help, command by command: `--help` after a command prints the same. What they are for
stands in the pages that [README](../README.md#the-manual) names; exit codes are in
[when it goes wrong](troubleshooting.md#exit-codes).

- The result goes to stdout and nothing else does; what is told on the way goes to stderr.
- `--json` works on whatever returns a result.
- `-v` before the command shows each external command.
- `init`, `plan`, `apply` (`up`), `recover`, `allow` and `destroy` (`down`) start Terraform; `init` only to
  install the AWS provider. All other commands work from what Terraform recorded.
"""


def reference(helps: str) -> str:
    """Return the page: a table of all commands, then the help of each."""
    found = re.split(r"^\$ (gpuinfra.*) --help\n", helps, flags=re.MULTILINE)[1:]
    texts = dict(zip(found[::2], (text.strip() for text in found[1::2]), strict=True))
    rows = [f"| [`{name}`](#{_anchor(name)}) | {_first(text)} |" for name, text in texts.items()]
    table = "\n".join(["| command | does |", "| --- | --- |", *rows])
    parts = [f"## {name}\n```text\n{text}\n```" for name, text in texts.items()]
    return "\n\n".join([HEAD + "\n" + table, *parts]) + "\n"


def _first(text: str) -> str:
    """Return what a command does: the paragraph after its usage, as one line."""
    paragraph = text.split("\n\n")[1]
    return " ".join(paragraph.split())


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(reference(SNAPSHOT.read_text(encoding="utf-8")), encoding="utf-8")
