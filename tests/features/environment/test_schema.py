"""Keys, kinds and line ends."""

import pytest

from tests.features.environment.sample import SOUND, findings


def test_a_sound_environment_has_no_findings() -> None:
    """No noise: what is told is worth reading."""
    assert findings(SOUND) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "severity", "says"),
    [
        ("dependencies:", "dependancies:", 4, "error", "unknown key 'dependancies'"),
        ("channels:", "chanels:", 2, "error", "unknown key 'chanels'"),
        ("name: gpu", "Name: gpu", 1, "error", "unknown key 'Name'"),
        ("name: gpu", "name: gpu\nplatforms: [linux-64]", 2, "warning", "unknown key 'platforms'"),
        ("name: gpu", "name: gpu\nname: two", 2, "error", "'name' stands on line 1 already"),
        ("name: gpu", "", 2, "warning", "no name: the host calls the environment 'gpuinfra'"),
        ("name: gpu", "name: 3.10", 1, "error", "name is a number"),
        ("name: gpu", "name: base", 1, "error", "name is 'base'"),
        ("name: gpu", "name: my env", 1, "error", "name is 'my env'"),
        ("name: gpu", "name: gpu\nprefix: /opt/x", 2, "warning", "prefix is ignored"),
        ("name: gpu", "name: gpu\nvariables:\n  V: 3.10", 3, "warning", "V is a number"),
        ("name: gpu", "name: gpu\nvariables: x", 2, "error", "variables is a text"),
        ("  - python=3.12", "  - 3.11", 5, "error", "3.11 is a number, not a package"),
        ("  - python=3.12", "  - python: 3.11", 5, "error", "'python' has a colon"),
        ("  - python=3.12", "  - [python]", 5, "error", "not a list"),
        ("  - python=3.12", "  - {{ x }}", 5, "error", "a template or a map in braces"),
        ("name: gpu", f"name: {'a' * 70}", 1, "error", "(70 characters); allowed: at most 64"),
        ("  - python=3.12", "  - python=3.12\n  - pip:\n  - rich", 6, "warning", "must stand deeper"),
        ("  - python=3.12", "  - python=3.12\n  - pip: rich", 6, "error", "pip is a text, not a list"),
        ("  - python=3.12", "  - python=3.12\n  - pip:\n    - 3.1", 7, "error", "a pip line is text"),
        ("  - conda-forge", "  - [x]", 3, "error", "a channel is text, not a list"),
        ("channels:\n  - conda-forge", "channels: conda-forge", 2, "error", "channels is a text"),
        ("channels:\n  - conda-forge\n", "", 1, "warning", "no channels: the host takes conda-forge"),
        ("  - conda-forge", "\t- conda-forge", 3, "error", "a tab in the indentation"),
        ("name: gpu", "name: gpu: x", 1, "error", "a colon where none may be"),
        ("name: gpu", "name: 'gpu", 6, "error", "not valid YAML"),
        ("name: gpu", "name: gpu\r", 1, "warning", "Windows line endings"),
    ],
)
def test_each_slip_is_found_on_its_line(old: str, new: str, line: int, severity: str, says: str) -> None:
    """The finding names the line as an editor counts it."""
    found = findings(SOUND.replace(old, new))
    assert any(f.line == line and f.severity == severity and says in f.message for f in found), found


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- b\n", "a: &x [*x]\n", "? [a]\n: b\n", "a: 1\n---\nb: 2\n"]
)
def test_what_is_no_environment_at_all_is_an_error(text: str) -> None:
    """Empty, a list, two documents, an alias that holds itself: refused, never a crash."""
    assert any(f.severity == "error" for f in findings(text))


def test_a_suggestion_is_what_to_write() -> None:
    """The finding ends with the line that would be right."""
    (found, *_) = findings(SOUND.replace("channels:", "chanels:"))
    assert found.text() == (
        "environment.yml:1: warning: no channels: the host takes conda-forge; write: channels: [conda-forge]"
    )
    assert findings(SOUND.replace("channels:", "chanels:"))[1].suggestion == "channels:"


def test_the_indentation_of_an_empty_file_with_comments_is_no_crash() -> None:
    """A file of comments only says nothing."""
    assert findings("# nothing\n")[0].line == 1
