"""The table of threats: what is said to hold is held by a test that is there."""

import re

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (.+?) \| .+ \| (.+) \|$", PAGE.partition("## Threats")[2].partition("\n## ")[0], re.M
)[2:]


def is_there(name: str) -> bool:
    """Tell whether a module of tests, a file or folder of them, or a target of make has this name."""
    if name.startswith("make "):
        return f"\n{name.removeprefix('make ')}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    folders = (ROOT / "tests", ROOT / "terraform" / "tests")
    return (ROOT / name).is_dir() or any(
        found for folder in folders for pattern in (f"{name}.py", name) for found in folder.rglob(pattern)
    )


@pytest.mark.parametrize(("threat", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_each_threat_names_tests_that_exist(threat: str, tests: str) -> None:
    """A row whose test was renamed is a claim."""
    names = re.findall(r"`([^`]+)`", tests)
    assert names, threat
    assert [name for name in names if not is_there(name)] == []


def test_the_table_is_read() -> None:
    """All of its rows, and not its head."""
    assert len(ROWS) > 8
    assert not is_there("test_nothing_of_this_name")
