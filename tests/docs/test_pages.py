"""What README and docs/ name is there: commands, files, variables; and each block says how it is tested."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import hcl2
import pytest

from gpuinfra.simulator.demo import FIVE_COMMANDS, five_commands
from tests.docs import pages
from tests.docs.commands import lines, unknown
from tests.docs.pages import ROOT, Block

MAX_README_LINES = 110
# How many blocks of commands on each page are not run by any test; see KINDS["aws"].
NOT_RUN = {
    "docs/bill.md": 1,  # a tag of the account that pays
    "docs/iam.md": 1,  # attaches the policy; what it prints is run by tests/e2e/test_policy.py
    "docs/environment.md": 2,  # gpu test; a package of PyPI
    "docs/spot.md": 1,  # a spot host, a bucket
    "docs/usage.md": 2,  # hours of samples; a GPU
    "docs/your-project.md": 4,  # uv; what they say is run by tests/e2e/test_installed.py
}


def where(block: Block) -> str:
    """Name a block as an editor jumps to it."""
    return f"{block.page}:{block.line}"


def test_the_readme_is_short() -> None:
    """README.md has at most 110 lines; the rest is in docs/."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_every_block_of_commands_says_how_it_is_tested() -> None:
    """A fence of shell commands names its kind; others (text, hcl, yaml, mermaid) have none."""
    bad = [where(b) for b in pages.blocks() if (b.language in pages.SHELLS) != (b.kind in pages.KINDS)]
    assert bad == []


def test_what_is_not_run_is_counted() -> None:
    """A block that no test runs shows up in review: the table NOT_RUN names every page that has one."""
    found = [block.page for block in pages.blocks("aws")]
    assert {page: found.count(page) for page in found} == NOT_RUN


def test_the_demo_ends_with_the_five_commands_of_the_readme() -> None:
    """Whoever has seen the demo finds the same day in README.md, in the same order."""
    (block,) = [b for b in pages.blocks("host") if b.page == "README.md"]
    assert tuple(line.split("#")[0].strip() for line in block.text.splitlines()) == FIVE_COMMANDS
    assert five_commands(installed=False) == list(FIVE_COMMANDS)
    assert all(line.startswith("gpuinfra ") for line in five_commands(installed=True))


@pytest.mark.parametrize("page", pages.pages(), ids=pages.name)
def test_every_command_is_one_of_ours(page: Path) -> None:
    """Each `gpuinfra ...` in a block or in the text names a command and options that exist."""
    text = page.read_text(encoding="utf-8")
    shown = [b.text for b in pages.blocks_of("", text) if b.language in pages.SHELLS]
    said = [" ".join(found.split()) for found in pages.INLINE.findall(pages.prose(text))]
    commands = [words for part in (*shown, *said) for words in lines(part)]
    assert {shlex.join(words): unknown(words) for words in commands if unknown(words)} == {}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("gpuinfra job begin -- true", "begin"),
        ("gpuinfra up --quickly", "--quickly"),
        ("cd x && gpuinfra nothing", "nothing"),
        ("gpuinfra run -- python --nothing  # gpuinfra no", ""),
        ("gpuinfra jupyter --no-open", ""),
    ],
)
def test_an_unknown_word_is_found(line: str, word: str) -> None:
    """A command or an option that does not exist is found; what the user's own command takes is not ours."""
    assert [unknown(words) for words in lines(line)] == [word]


@pytest.mark.parametrize("page", pages.pages(), ids=pages.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to a file of ours finds it, and its heading if it names one."""
    text = pages.prose(page.read_text(encoding="utf-8"))
    for path, anchor in pages.LINK.findall(text):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} does not exist"
        if anchor:
            assert anchor in pages.anchors(target.read_text(encoding="utf-8")), f"{path}#{anchor}"


def test_every_page_is_linked_from_the_readme() -> None:
    """Nobody has to guess that a page exists."""
    linked = {path for path, _ in pages.LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {pages.name(page) for page in pages.pages()} - {"README.md"} <= linked


def test_what_ci_runs_is_a_target_that_it_reaches() -> None:
    """A block marked `ci` holds only targets of make that .ci/run starts, or their prerequisites."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    needs = dict(re.findall(r"^([a-z-]+):([^#=\n]*)", makefile, re.MULTILINE))
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    todo = " ".join(re.findall(r"^\s*make (?:-\S+ )*([a-z -]+)", run, re.MULTILINE)).split()
    reached: set[str] = set()
    while todo:
        target = todo.pop()
        reached.add(target)
        todo += needs[target].split()
    for block in pages.blocks("ci"):
        words = [shlex.split(line, comments=True) for line in block.text.splitlines()]
        assert all(line[0] == "make" and line[1] in reached for line in words if line), where(block)


def test_values_that_are_shown_exist() -> None:
    """Each key of an hcl block is a variable of the root module."""
    for block in (b for b in pages.blocks() if b.language == "hcl"):
        assert set(re.findall(r"^(\w+) += ", block.text, re.MULTILINE)) <= set(variables()), where(block)


def test_the_table_of_variables() -> None:
    """docs/hosts.md has every variable of the root module, with the default that it has there."""
    page = (ROOT / "docs/hosts.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `?(.+?)`? \|", page, re.MULTILINE))
    assert rows == {
        name: json.dumps(body["default"]) if "default" in body else "you must say"
        for name, body in variables().items()
    }


def variables() -> dict[str, dict[str, Any]]:
    """Return the variables of the root module."""
    text = (ROOT / "terraform/variables.tf").read_text(encoding="utf-8")
    options = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)
    blocks = hcl2.loads(text, serialization_options=options)["variable"]
    return {name.strip('"'): body for block in blocks for name, body in block.items()}
