"""The live view without a terminal: a line per change, for logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # 30 ms, and every command that says a line imports this
    from gpuinfra.ground.model import Row
    from gpuinfra.ground.protocols import LiveView

# A row that goes on is told again so often: who reads a log must see that something moves.
AGAIN_S = 30.0


class LineView:
    """The LiveView protocol; each line begins with the seconds since the view was opened."""

    def __init__(
        self, title: str, say: Callable[[str], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._title, self._say, self._now = title, say, now
        self._began = now()
        self._told: dict[tuple[str, str], float] = {}

    def __enter__(self) -> LineView:
        self.line(f"{self._title} ...")
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def line(self, text: str) -> None:
        """Tell a line."""
        self._say(f"{self._now() - self._began:5.0f} s  {text}")

    def rows(self, rows: Sequence[Row]) -> None:
        """Tell the rows that are new, and those that still go on; what is to come later is no news."""
        for row in rows:
            told_at = self._told.get(key := (row.mark, row.text))
            if told_at is None and row.mark != "later":
                self.line(f"{row.text} ..." if row.mark == "now" else row.text)
                self._told[key] = self._now()
            elif told_at is not None and row.mark == "now" and self._now() - told_at >= AGAIN_S:
                self.line(f"{row.text} ... {self._now() - (row.since or self._began):.0f} s")
                self._told[key] = self._now()


class BothViews:
    """The LiveView protocol: what one shows and the other keeps."""

    def __init__(self, shown: LiveView, kept: LiveView) -> None:
        self._shown, self._kept = shown, kept

    def __enter__(self) -> BothViews:
        self._shown.__enter__()
        self._kept.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._shown.__exit__(*exc)
        self._kept.__exit__(*exc)

    def line(self, text: str) -> None:
        """Tell a line."""
        self._shown.line(text)
        self._kept.line(text)

    def rows(self, rows: Sequence[Row]) -> None:
        """Tell rows."""
        self._shown.rows(rows)
        self._kept.rows(rows)
