"""A running Terraform as lines and rows of a live view, in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpuinfra.features.provision.resource_names import label
from gpuinfra.ground.model import Progress, Row
from gpuinfra.ground.protocols import LiveView, OnProgress
from gpuinfra.ground.world import World

VERBS = {"create": "creating", "update": "changing", "delete": "deleting"}
DONE = {"create": "created", "update": "changed", "delete": "deleted"}


@contextmanager
def shown(
    world: World, title: str, *, note: Callable[[Progress], str] = lambda _: ""
) -> Iterator[OnProgress]:
    """Show a run of Terraform; the value takes each of its steps, and tells what `note` says of one."""
    with world.reporter.live(title) as view:
        open_rows: dict[str, Row] = {}

        def on_progress(step: Progress) -> None:
            _take(step, view, open_rows, world.clock.now())
            if line := note(step):
                view.line(line)

        yield on_progress


def _take(step: Progress, view: LiveView, open_rows: dict[str, Row], now: float) -> None:
    """Show one step: what has begun is a row, what has ended a line."""
    name, verb = label(step.address), VERBS.get(step.action, step.action)
    if step.phase == "start":
        open_rows[step.address] = Row(mark="now", text=f"{name}: {verb}", since=now)
    elif step.phase in ("done", "failed"):
        open_rows.pop(step.address, None)
        view.line(ending(step))
    view.rows(tuple(open_rows.values()))


def ending(step: Progress) -> str:
    """Return how one resource ended, the id of what a user may look for included."""
    identity = f" {step.resource_id}" if step.resource_id.startswith(("i-", "sg-")) else ""
    how = "failed" if step.phase == "failed" else f"{DONE.get(step.action, 'done')}"
    return f"{label(step.address)}:{'' if step.phase == 'failed' else identity} {how}"
