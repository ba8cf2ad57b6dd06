"""The person behind a program or a notebook: told, and asked, by functions that are handed in."""

from collections.abc import Callable

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.printable import printable
from gpuinfra.ground.protocols import LiveView
from gpuinfra.tools.terminal.lines import LineView


class Callbacks:
    """The Reporter protocol: `on_line` gets each line, `answer` each question, if it is given."""

    def __init__(self, on_line: Callable[[str], None], answer: Callable[[str], bool] | None) -> None:
        self._on_line, self._answer = on_line, answer

    def say(self, text: str) -> None:
        """Tell one line."""
        self._on_line(printable(text))

    def live(self, title: str) -> LiveView:
        """Open a view: a line per change."""
        return LineView(title, self.say)

    def confirm(self, question: str, *, word: str = "", option: str = "--yes") -> bool:
        """Ask; what loses data (`word`) is asked with that in the question.

        Raises:
            ConfigError: there is nobody to ask.
        """
        if self._answer:
            return self._answer(f"{printable(question)} ({word})" if word else printable(question))
        arguments = [f"{name.removeprefix('--')}=True" for name in (option, word) if name]
        raise ConfigError(f"cannot ask: {question}", hint=f"the same call with {', '.join(arguments)}")

    def offer(self, question: str) -> bool:
        """Ask if there is somebody; else the answer is no."""
        return self._answer is not None and self.confirm(question)
