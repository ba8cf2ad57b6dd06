"""What moves at a terminal: views whose finished lines scroll up, a screen; the only importer of rich."""

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from gpuinfra.ground.model import Row
from gpuinfra.ground.printable import printable

REFRESH_PER_S = 4
MARKS = {"now": "...", "done": "ok", "failed": "FAILED", "interrupted": "interrupted", "later": ""}


class MovingView:
    """The LiveView protocol: it knows lines and rows, not what they are about."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._rows: Sequence[Row] = ()
        self._spinner = Spinner("line")
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(
            console=self._console,
            refresh_per_second=REFRESH_PER_S,
            transient=True,
            get_renderable=self._render,
        )

    def __enter__(self) -> "MovingView":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the last rows as lines: the steps of a boot with their times."""
        self._live.__exit__(None, None, None)
        for row in self._rows:
            self._console.print(self._row(row))

    def line(self, text: str) -> None:
        """Tell a line, which scrolls up."""
        seconds = time.monotonic() - self._began
        self._console.print(f"{seconds:4.0f} s  {printable(text)}", markup=False)

    def rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; another thread draws them, so they are exchanged in one step."""
        self._rows = tuple(rows)

    def _render(self) -> Group:
        self._spinner.update(text=Text(f" {self._title}  {time.monotonic() - self._began:.0f} s"))
        return Group(self._spinner, *map(self._row, self._rows))

    def _row(self, row: Row) -> Text:
        seconds = "" if row.since is None else f"  {time.monotonic() - row.since:.0f} s"
        style = "dim" if row.mark == "later" else ""
        return Text(f"  {MARKS[row.mark]:>11}  {printable(row.text)}{seconds}", style=style)


class TerminalScreen:
    """Lines on stdout that replace those before; what is told meanwhile scrolls up."""

    def __init__(self, bars: str) -> None:
        self.bars = bars
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")

    @property
    def width(self) -> int:
        """Return its columns as they are now."""
        return self._console.width

    def __enter__(self) -> "TerminalScreen":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop; the last lines stay."""
        self._live.__exit__(None, None, None)

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines."""
        text = Text("\n".join(printable(line) for line in lines), no_wrap=True, overflow="crop")
        self._live.update(text, refresh=True)
