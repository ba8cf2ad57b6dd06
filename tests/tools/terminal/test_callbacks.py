"""Who calls from Python is told by a function, and asked by one; nothing is asked of nobody."""

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Row
from gpuinfra.tools.terminal.callbacks import Callbacks


def test_each_line_is_told_and_steers_no_terminal() -> None:
    """What a host said may hold control characters; progress is a line per change."""
    told: list[str] = []
    reporter = Callbacks(told.append, None)
    reporter.say("a\x1b[2Jb")
    with reporter.live("Applying") as view:
        view.rows([Row(mark="now", text="host")])
    assert "\x1b" not in "".join(told)
    assert [line.split("  ")[-1].strip() for line in told[1:]] == ["Applying ...", "host ..."]


@pytest.mark.parametrize(
    ("word", "option", "says"),
    [
        ("", "--yes", "yes=True"),
        ("replace", "--yes", "yes=True, replace=True"),
        ("", "--force", "force=True"),
    ],
)
def test_without_an_answer_a_question_is_an_error_that_names_the_argument(
    word: str, option: str, says: str
) -> None:
    """A notebook cannot be asked; no answer is no yes."""
    reporter = Callbacks(lambda _: None, None)
    with pytest.raises(ConfigError, match="Go on") as caught:
        reporter.confirm("Go on?", word=word, option=option)
    assert caught.value.hint == f"the same call with {says}"
    assert not reporter.offer("Go on?")


def test_the_answer_is_that_of_the_function() -> None:
    """It sees what it says yes to."""
    reporter = Callbacks(lambda _: None, lambda question: question == "Delete the disk? (replace)")
    assert reporter.confirm("Delete the disk?", word="replace")
    assert not reporter.confirm("Delete the disk?")
