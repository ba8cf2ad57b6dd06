"""docs/coming-from.md: every step of the six systems has an answer, and the answers are run."""

import re

import pytest

from tests.docs import pages

PAGE = pages.ROOT / "docs/coming-from.md"
SYSTEMS = {
    "Nixtla terraform-gpu (2021)": 9,
    "Nixtla docker-gpu (2021)": 6,
    "ds-ec2, a CDK stack (2023)": 11,
    "spot-connect (2020)": 13,
    'The "What is EC2" tutorial': 11,
    "AWS Deep Learning Containers on EC2 (2021)": 9,
}
# What has no answer yet: a step that is done takes its row off, and a new gap shows up in review.
NOT_YET = {
    "spot-connect (2020)": 4,
    'The "What is EC2" tutorial': 1,
}


def sections() -> dict[str, str]:
    """Return the text of each system's section."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_six_systems() -> None:
    """In this order, each with its steps."""
    assert list(sections()) == list(SYSTEMS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_step_has_an_answer(system: str) -> None:
    """Theirs and ours, neither empty; what is not there yet is counted here."""
    _, _, *rows = [line for line in sections()[system].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert len(cells) == SYSTEMS[system]
    assert [row for row in cells if len(row) != 2 or not all(row)] == []
    assert sum("not yet" in ours for _, ours in cells) == NOT_YET.get(system, 0)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_is_replayed(system: str) -> None:
    """Its commands are run on a host of the lab (tests/e2e/docs/test_host_blocks.py), none is shown only."""
    kinds = {block.kind for block in pages.blocks_of("", sections()[system]) if block.language == "sh"}
    assert kinds == {"host"}
