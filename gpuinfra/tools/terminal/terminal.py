"""The only printer: results go to stdout, everything else to stderr."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gpuinfra.ground.errors import ConfigError, GpuInfraError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from gpuinfra.ground.boot_status import Boot
    from gpuinfra.ground.model import Change, Progress, Settings
    from gpuinfra.ground.protocols import BootView, ProgressView


def emit(text: str) -> None:
    """Print a result to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def emit_json(value: object) -> None:
    """Print a result as JSON to stdout."""
    import dataclasses
    import json

    plain = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
    emit(json.dumps(plain, indent=2))


def complain(error: GpuInfraError) -> None:
    """Tell an error and its next step on stderr."""
    sys.stderr.write(f"error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"  next: {error.hint}\n")


class Terminal:
    """The Narrator port; `keyboard` is where answers come from, stdin if nothing is given."""

    def __init__(self, keyboard: TextIO | None = None) -> None:
        self._keyboard = keyboard or sys.stdin

    def say(self, text: str) -> None:
        """Tell one line; that nobody reads it any more (`2>&1 | head`) must not end the run."""
        with suppress(BrokenPipeError):
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def show_plan(self, changes: Sequence[Change], settings: Settings) -> None:
        """Show what would be done, the host's facts first."""
        if not changes:
            self.say("up to date: nothing would be changed")
            return
        from gpuinfra.features.provision import plan_text

        for line in plan_text.plan_lines(changes, settings):
            self.say(line)

    def progress(self, title: str) -> ProgressView:
        """Open a live view: a moving one on a terminal, else a line per event."""
        if sys.stderr.isatty():
            from gpuinfra.tools.terminal.live import LiveView

            return LiveView(title)
        return LineView(title, self)

    def boot_view(self) -> BootView:
        """Open a view of a booting host: a moving one on a terminal, else a line per step."""
        if sys.stderr.isatty():
            from gpuinfra.tools.terminal.live import LiveBoot

            return LiveBoot()
        return LineBoot(self)

    def confirm(self, question: str) -> bool:
        """Ask; only y or yes is a yes.

        Raises:
            ConfigError: there is no terminal to ask at.
        """
        if not self._keyboard.isatty():
            raise ConfigError(
                f"cannot ask without a terminal: {question}", hint="the same command with --yes"
            )
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        return self._keyboard.readline().strip().lower() in ("y", "yes")


class LineView:
    """Progress for logs: one line for each thing that starts, goes on for long, and ends."""

    def __init__(self, title: str, terminal: Terminal) -> None:
        self._title = title
        self._terminal = terminal
        self._began = time.monotonic()

    def __enter__(self) -> LineView:
        self._tell(f"{self._title} ...")
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __call__(self, step: Progress) -> None:
        """Tell one step."""
        from gpuinfra.features.provision import plan_text

        text = plan_text.progress_line(step)
        if text:
            self._tell(text)

    def _tell(self, text: str) -> None:
        self._terminal.say(f"{time.monotonic() - self._began:5.0f} s  {text}")


BOOT_MARKS = {
    "done": "",
    "now": " ...",
    "failed": ": failed; the host tries again by itself, unless that is of no use",
    "interrupted": ": interrupted; the host goes on by itself within a minute",
}


class LineBoot:
    """A booting host for logs: one line for each step that has ended, and for what is waited for."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._told: set[tuple[str, str]] = set()
        self._began = time.monotonic()

    def __enter__(self) -> LineBoot:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __call__(self, boot: Boot) -> None:
        """Tell what is new."""
        from gpuinfra.features.provision import plan_text

        for row in plan_text.boot_rows(boot):
            if row[0] != "later" and row not in self._told:
                self._told.add(row)
                self._terminal.say(f"{time.monotonic() - self._began:5.0f} s  {row[1]}{BOOT_MARKS[row[0]]}")
