"""What is printed where: results on stdout, all else on stderr."""

import io
import json

import pytest

from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Change, Progress, TerraformPlan
from gpuinfra.tools.terminal import terminal
from gpuinfra.tools.terminal.terminal import Terminal
from tests.fakes.world import SETTINGS


class Keyboard(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("YES\n", True), (" y \n", True)])
def test_yes(typed: str, answer: bool) -> None:
    """Only these are a yes."""
    assert Terminal(Keyboard(typed)).confirm("Sure?") is answer


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "yep\n", "yes please\n", "ja\n", "1\n"])
def test_anything_else_is_no(typed: str) -> None:
    """Above all the empty line, and the end of the input."""
    assert Terminal(Keyboard(typed)).confirm("Sure?") is False


def test_nobody_there_is_an_error() -> None:
    """Not a yes, and not a silent no: the hint names the option."""
    with pytest.raises(ConfigError) as caught:
        Terminal(io.StringIO("y\n")).confirm("Sure?")
    assert caught.value.hint == "the same command with --yes"


def test_the_question_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that reads stdout must not get it."""
    Terminal(Keyboard("y\n")).confirm("Sure?")
    assert capsys.readouterr() == ("", "Sure? [y/N] ")


def test_results_and_complaints(capsys: pytest.CaptureFixture[str]) -> None:
    """Results alone on stdout; an error with its next step on stderr."""
    terminal.emit("52.1.2.3")
    terminal.complain(HostError("there is none", hint="gpuinfra up"))
    terminal.complain(HostError("no hint"))
    out, err = capsys.readouterr()
    assert out == "52.1.2.3\n"
    assert err == "error: there is none\n  next: gpuinfra up\nerror: no hint\n"


def test_dataclasses_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Nested ones too, with the names of the model."""
    terminal.emit_json(TerraformPlan(changes=(Change(address="a.b", action="create"),)))
    assert json.loads(capsys.readouterr().out) == {
        "changes": [{"address": "a.b", "action": "create", "attributes": []}],
        "outputs_changed": False,
    }


def test_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each event, with the seconds so far; nothing for what needs no telling."""
    with Terminal().progress("Applying") as on_progress:
        on_progress(Progress(phase="plan", address=""))
        on_progress(Progress(phase="start", address="aws_instance.this", action="create"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["    0 s  Applying ...", "    0 s  host (EC2 instance): creating ..."]


def test_an_empty_plan_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """In words, not by silence."""
    Terminal().show_plan([], SETTINGS)
    assert capsys.readouterr().err == "up to date: nothing would be changed\n"
