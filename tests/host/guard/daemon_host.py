"""A directory that stands for a host's disk and /run, and a guard there that does nothing to this machine."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gpuinfra.host.guard import kept
from gpuinfra.host.guard.actions import Actions
from gpuinfra.host.guard.daemon import Guard
from gpuinfra.host.guard.rule import Seen

QUIET = Seen(False, "quiet")


class FakeActions(Actions):
    """Remembers what it was told; a host whose metadata service says what the test sets."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.told: list[str] = []
        self.says, self.started = "", ""

    def tag(self) -> str:
        """Return what was set."""
        return self.says

    def start_time(self) -> str:
        """Return what was set."""
        return self.started

    def tell(self, words: str) -> None:
        """Remember."""
        self.told.append(words)

    def record(self, kind: str, words: str) -> None:
        """Do nothing: what is kept is looked at."""

    def end(self, why: str) -> None:
        """Remember."""
        self.ended.append(why)


def guard(
    host: Path,
    signals: Mapping[str, Callable[[], Seen]] | None = None,
    actions: FakeActions | None = None,
) -> Guard:
    """Start a guard there."""
    given = dict({"gpu": lambda: QUIET} if signals is None else signals)
    return Guard(given, actions or FakeActions(), disk=str(host / "disk"), run=str(host / "run"))


def state(host: Path, folder: str = "disk") -> dict[str, Any]:
    """Return what is kept."""
    return dict(json.loads((host / folder / kept.STATE).read_text()))


def edit(host: Path, *folders: str, **values: Any) -> None:
    """Change what is kept, as time does."""
    for folder in folders:
        path = host / folder / kept.STATE
        whole = json.loads(path.read_text())
        inner = {name: values.pop(name) for name in list(values) if name in whole["state"]}
        path.write_text(json.dumps({**whole, **values, "state": {**whole["state"], **inner}}))


def reboot(host: Path) -> None:
    """A boot: /run is empty."""
    for path in (host / "run").iterdir():
        path.unlink()
