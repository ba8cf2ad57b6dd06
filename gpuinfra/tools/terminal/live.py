"""The moving view of a running Terraform, for a terminal: what is open, and for how many seconds."""

import time

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from gpuinfra.features.provision import plan_text
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.model import Progress

REFRESH_PER_S = 4


class LiveView:
    """Finished things scroll up as lines; what is open stays below with a spinner and its seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._open: dict[str, tuple[str, float]] = {}
        self._spinner = Spinner("line")
        self._live = Live(
            console=Console(stderr=True, highlight=False),
            refresh_per_second=REFRESH_PER_S,
            transient=True,
            get_renderable=self._render,
        )

    def __enter__(self) -> "LiveView":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.__exit__(None, None, None)

    def __call__(self, step: Progress) -> None:
        """Take one step."""
        if step.phase == "start":
            self._open[step.address] = (plan_text.VERBS.get(step.action, step.action), time.monotonic())
        elif step.phase in ("done", "failed"):
            self._open.pop(step.address, None)
            self._live.console.print(
                f"{self._seconds(self._began)}  {plan_text.progress_line(step)}", markup=False
            )

    def _render(self) -> Group:
        title = Text(f" {self._title} {self._seconds(self._began)}")
        rows = [
            Text(f"    {plan_text.label(address)}: {verb} {self._seconds(since)}")
            for address, (verb, since) in list(self._open.items())  # another thread draws while steps come in
        ]
        self._spinner.update(text=title)
        return Group(self._spinner, *rows)

    @staticmethod
    def _seconds(since: float) -> str:
        return f"{time.monotonic() - since:4.0f} s"


MARKS = {"done": "ok", "failed": "FAILED", "interrupted": "interrupted", "later": ""}


class LiveBoot:
    """A booting host: its steps with their seconds, the present one with a spinner."""

    def __init__(self) -> None:
        self._boot = Boot(state="waiting")
        self._began = self._step_began = time.monotonic()
        self._spinner = Spinner("line")
        self._live = Live(
            console=Console(stderr=True, highlight=False),
            refresh_per_second=REFRESH_PER_S,
            get_renderable=self._render,
        )

    def __enter__(self) -> "LiveBoot":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.__exit__(None, None, None)

    def __call__(self, boot: Boot) -> None:
        """Take the newest look at the host."""
        if (boot.step, boot.state) != (self._boot.step, self._boot.state):
            self._step_began = time.monotonic()
        self._boot = boot

    def _render(self) -> Group:
        title = Text(f" The host sets itself up  {time.monotonic() - self._began:.0f} s")
        self._spinner.update(text=title)
        rows = [self._row(mark, text) for mark, text in plan_text.boot_rows(self._boot)]
        head = Text("Host set up") if self._boot.state == "done" else self._spinner
        return Group(head, *rows)

    def _row(self, mark: str, text: str) -> Text:
        if mark == "now":
            return Text(f"  {'...':>11}  {text}  {time.monotonic() - self._step_began:.0f} s")
        return Text(f"  {MARKS[mark]:>11}  {text}", style="dim" if mark == "later" else "")
