"""The person at the terminal: told on stderr, asked on stdin."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.printable import printable
from gpuinfra.tools.terminal.colour import coloured
from gpuinfra.tools.terminal.lines import BothViews, LineView

if TYPE_CHECKING:
    from typing import TextIO

    from gpuinfra.ground.protocols import LiveView
    from gpuinfra.tools.run_log import RunLog

# A signal that comes just before a read blocks is not heard before the next key: no wait is longer than this.
HEAR_S = 0.2


class Terminal:
    """The Reporter protocol; `keyboard` is where answers come from, stdin if nothing is given.

    log: keeps what is told, once something takes so long that it has a live view.
    """

    def __init__(self, keyboard: TextIO | None = None, log: RunLog | None = None) -> None:
        self._keyboard = keyboard or sys.stdin
        self._log = log

    def say(self, text: str) -> None:
        """Tell one line."""
        sys.stderr.write(coloured(printable(text), sys.stderr) + "\n")
        sys.stderr.flush()
        if self._log:
            self._log.line(printable(text))

    def live(self, title: str) -> LiveView:
        """Open a view: a moving one on a terminal, else a line per change."""
        if self._log:
            self._log.begin()
        if not sys.stderr.isatty():
            return LineView(title, self.say)
        from gpuinfra.tools.terminal.live import MovingView  # rich: 60 ms

        view = MovingView(title)
        return BothViews(view, LineView(title, self._log.line)) if self._log else view

    def confirm(self, question: str, *, word: str = "", option: str = "--yes") -> bool:
        """Ask; only y or yes is a yes. With a `word` only that, which is also an option, beside `option`.

        Raises:
            ConfigError: there is no terminal to ask at.
        """
        if not self._keyboard.isatty():
            options = f"{option} --{word}" if word else option
            raise ConfigError(
                f"cannot ask without a terminal: {question}", hint=f"the same command with {options}"
            )
        sys.stderr.write(f"{printable(question)} " + (f'Type "{word}" to go on: ' if word else "[y/N] "))
        sys.stderr.flush()
        return self._line().lower() in ((word,) if word else ("y", "yes"))

    def _line(self) -> str:
        while not select.select([self._keyboard], [], [], HEAR_S)[0]:
            pass
        return self._keyboard.readline().strip()

    def ask(self, question: str, default: str) -> str:
        """Ask for a word if there is a terminal; Enter, or no terminal, takes the default."""
        if not self._keyboard.isatty():
            return default
        sys.stderr.write(f"{printable(question)} [{printable(default)}]: ")
        sys.stderr.flush()
        return self._line() or default

    def offer(self, question: str) -> bool:
        """Ask if there is a terminal; without one the answer is no."""
        return self._keyboard.isatty() and self.confirm(question)
