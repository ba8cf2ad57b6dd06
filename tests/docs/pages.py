"""README, CONTRIBUTING and docs/ as data: their fenced blocks, their links, the commands in their text.

A block of commands says in its first line how it is tested (`sh api`, `sh host` ...): see KINDS.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHELLS = ("sh", "bash", "shell", "console", "")  # a fence without a language could hide commands
KINDS = {
    "api": "run against the simulated AWS, no host behind it (tests/e2e/docs/test_api_blocks.py)",
    "host": "run against a real host of the lab (tests/e2e/docs/test_host_blocks.py)",
    "ci": "make's own targets, which .ci/run runs",
    "aws": "not run: needs an AWS account, or its GPU; only the words are checked",
}
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(gpuinfra [^`]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block; `line` is that of its fence, `kind` the second word after it."""

    page: str
    line: int
    language: str
    kind: str
    text: str


def pages() -> list[Path]:
    """Return all pages of the manual."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def name(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(*kinds: str) -> list[Block]:
    """Return the fenced blocks of these kinds in all pages, all blocks without any."""
    found = [block for page in pages() for block in blocks_of(name(page), page.read_text(encoding="utf-8"))]
    return [block for block in found if block.kind in kinds or not kinds]


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the fenced blocks of one page's text."""
    return [
        Block(
            page=page,
            line=text.count("\n", 0, match.start()) + 1,
            language=(match["info"].split() or [""])[0],
            kind=" ".join(match["info"].split()[1:]),
            text=match["text"],
        )
        for match in FENCE.finditer(text)
    ]


def section(block: Block) -> str:
    """Return the heading that a block stands below."""
    before = (ROOT / block.page).read_text(encoding="utf-8").splitlines()[: block.line]
    return next((line.strip("# ") for line in reversed(before) if line.startswith("## ")), "")


def prose(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
