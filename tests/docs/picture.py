"""README's picture of a terminal: what `make up` prints in a lab, drawn by rich; made by `make picture`."""

import html
import os
import re
import tempfile
import textwrap
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.docs.pages import ROOT

PICTURE = ROOT / "docs" / "up.svg"
WIDTH, INDENT = 100, 6
# Terraform's work, thing by thing, and what has only begun: true, but not what one looks at
DETAIL = re.compile(r" +\d+ s +.*(: (creating|.*created)| \.\.\.$)|\[SIMULATED")
STYLES = {"ready:": "bold green", "next:": "bold cyan"}


def record() -> list[str]:
    """Return the lines of `gpuinfra up` in a fresh project, without Terraform's progress."""
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        clone = copy_project(ROOT, home / "clone")
        set_up_offline(lab.mirror, lab.image, clone)
        env = private_env(lab.env({**os.environ, "HOME": scratch, "XDG_RUNTIME_DIR": ""}), home, clone)
        env["PATH"] = f"{ROOT}/.venv/bin:{env['PATH']}"
        printed = []
        for words in (["init", "--region", "us-east-1"], ["plan"], ["up", "--yes"], ["down", "--yes"]):
            done = lab.run(["gpuinfra", *words], env=env, cwd=clone)
            done.check_returncode()
            printed += (done.stderr + done.stdout).splitlines() if words[0] in ("plan", "up") else []
    return [line for line in printed if line.strip() and not DETAIL.match(line)]


def svg(lines: list[str]) -> str:
    """Return lines as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text("$ make up", style="bold"))
    for line in lines:
        for part in textwrap.wrap(line, WIDTH, subsequent_indent=" " * INDENT, drop_whitespace=False) or [""]:
            text = Text(part)
            for word, style in STYLES.items():
                if part.lstrip().startswith(word):
                    text.stylize(style, part.index(word), part.index(word) + len(word))
            console.print(text, soft_wrap=True)
    return console.export_svg(title="gpuinfra, beside a simulated AWS", theme=MONOKAI, unique_id="up")


def lines_of(picture: str) -> list[str]:
    """Return the lines that a picture shows, a line that was folded as one."""
    rows: dict[float, str] = {}
    for y, text in re.findall(r'<text class="up-r\d+" x="[\d.]+" y="([\d.]+)"[^>]*>(.*?)</text>', picture):
        rows[float(y)] = rows.get(float(y), "") + html.unescape(text).replace("\xa0", " ")
    lines: list[str] = []
    for _, text in sorted(rows.items()):
        if lines and text.startswith(" " * INDENT) and not re.match(r" +\d+ s ", text):
            lines[-1] += f" {text.strip()}"
        else:
            lines.append(text.rstrip())
    return [line for line in lines if line.strip()]


if __name__ == "__main__":
    PICTURE.write_text(svg(record()), encoding="utf-8")
