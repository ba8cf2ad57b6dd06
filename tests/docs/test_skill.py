"""The skill file for coding agents: of the standard form, and nothing in it that does not exist."""

import re

import yaml

from gpuinfra.features.policy import skill
from gpuinfra.ground import errors
from tests.docs import pages
from tests.docs.commands import lines, unknown

MOST_DESCRIPTION = 1024  # https://agentskills.io/specification


def test_it_begins_with_a_name_and_a_description() -> None:
    """By these an agent decides whether to read on."""
    _, front, body = skill.text().split("---\n", 2)
    found = yaml.safe_load(front)
    assert found["name"] == "gpuinfra"
    assert 0 < len(found["description"]) <= MOST_DESCRIPTION
    assert body.strip().startswith("# ")


def test_every_command_in_it_exists_with_its_options() -> None:
    """In its blocks and in its text."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", skill.text(), re.MULTILINE | re.DOTALL)
    said = pages.INLINE.findall(skill.text())
    commands = [words for part in (*blocks, *said) for words in lines(part)]
    assert len(commands) > 20
    assert {" ".join(words): unknown(words) for words in commands if unknown(words)} == {}


def test_it_has_every_exit_code() -> None:
    """What a command ends with is in the table, but for codes of commands on the host."""
    codes = {errors.EXIT_BUG, errors.EXIT_INTERRUPTED, 0}
    codes |= {kind.exit_code for kind in errors.GpuInfraError.__subclasses__()}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", skill.text(), re.MULTILINE)} == codes


def test_it_is_in_the_wheel() -> None:
    """What is no Python goes with the package only when it is named."""
    assert '"features/policy/SKILL.md"' in (pages.ROOT / "pyproject.toml").read_text(encoding="utf-8")
