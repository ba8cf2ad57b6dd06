"""A stand-in for a live view."""

from collections.abc import Sequence

from gpuinfra.ground.model import Row


class FakeView:
    """A live view that remembers its lines, and each change of its rows."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.shown: list[tuple[Row, ...]] = []

    def __enter__(self) -> "FakeView":
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def line(self, text: str) -> None:
        """Remember a line."""
        self.lines.append(text)

    def rows(self, rows: Sequence[Row]) -> None:
        """Remember the rows."""
        self.shown.append(tuple(rows))
