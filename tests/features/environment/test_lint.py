"""All checks together: order, speed, and texts that nobody writes on purpose."""

import random
import time

import pytest

from gpuinfra.features.environment.lint import lint, require
from gpuinfra.ground.errors import ConfigError
from tests.features.environment.sample import SOUND

# Nixtla's of 2021, which many still copy: terms of service, a frozen channel, no Python that conda still has.
OLD = """\
name: nixtla
channels:
  - conda-forge
  - pytorch
  - defaults
dependencies:
  - python>=3.7
  - pip:
    - torch
    - jupyterlab
"""
LIMIT_S = 0.15


def test_findings_come_in_the_order_of_lines() -> None:
    """As a reader goes through the file."""
    report = lint(OLD.encode())
    assert [f.line for f in report.warnings] == [4, 5, 7]
    assert report.errors == ()


def test_errors_refuse_with_all_their_lines() -> None:
    """One run names them all; the exit code is that of a wrong file."""
    report = lint((SOUND + "  - torch\n  - num py\n").encode())
    with pytest.raises(ConfigError, match=r"environment.yml has 2 errors; nothing was contacted") as caught:
        require(report)
    assert "environment.yml:6: error:" in caught.value.message
    assert "environment.yml:7: error:" in caught.value.message
    assert caught.value.exit_code == 2


def test_warnings_are_returned_as_lines() -> None:
    """They do not stop anything."""
    assert require(lint(OLD.encode()))[0].startswith("environment.yml:4: warning: the channel 'pytorch'")


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"name: \x00", b"name: g\xc3pu", "name: é\n".encode("latin-1")]
)
def test_what_is_no_text_is_one_error(data: bytes) -> None:
    """Binary files and other encodings."""
    assert [f.severity for f in lint(data).findings] == ["error"]


def test_no_text_makes_it_crash() -> None:
    """Any damage to a file ends in findings: 400 files with up to six random edits each."""
    dice = random.Random(7)
    base = OLD + SOUND.partition("dependencies:")[2]
    pieces = [*"\t\r\n\"'[]{}:-=<>!&*|%@`#,;~^\0\u2028é", "<<: *x", "- ", "&a ", "*a", "!!set ", "? "]
    for _ in range(400):
        text = base
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(text))
            text = text[:at] + dice.choice([*pieces, ""]) + text[at + dice.randint(0, 3) :]
        for found in lint(text.encode()).findings:
            assert 1 <= found.line <= text.count("\n") + text.count("\r") + text.count("\u2028") + 2


def test_a_long_environment_is_checked_in_no_time() -> None:
    """300 packages, on a busy machine: the best of five."""
    text = SOUND + "".join(f"  - package{n}>=1.{n},<2\n" for n in range(300))
    times = []
    for _ in range(5):
        began = time.process_time()
        assert lint(text.encode()).findings == ()
        times.append(time.process_time() - began)
    assert min(times) <= LIMIT_S


def test_aliases_of_aliases_are_an_error_at_once() -> None:
    """A file of 1 KB stood for a milliard of entries: killed after a minute."""
    lines = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 40)}]" for n in range(1, 6)]
    text = "\n".join(["x0: &x0 [a]", *lines, SOUND])
    began = time.process_time()
    assert [f.message for f in lint(text.encode()).findings][:1] == [
        "more than 20,000 entries; what an alias (*) stands for counts each time"
    ]
    assert time.process_time() - began < 20 * LIMIT_S
