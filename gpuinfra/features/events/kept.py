"""The events that this machine has heard of and made: JSON lines beside the stack's state."""

import getpass
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuinfra.tools.files import append_private

MOST_BYTES = 1 << 20  # then it is begun anew; the file before is kept, too


class EventFile:
    """The EventLog protocol (0600). What cannot be kept ends no command."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._now = path, now

    def note(self, command: str, instance_id: str) -> None:
        """Keep that a command of ours did something to a host."""
        time = self._now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        event = {"time": time, "kind": "command", "by": _user(), "reason": command}
        self._add([{**event, "instance_id": instance_id}])

    def keep(self, events: Sequence[Mapping[str, Any]], instance_id: str) -> None:
        """Keep what a host has told; what is known already is not kept twice."""
        known = {_key(one) for one in self.read()}
        new = [{**one, "instance_id": instance_id} for one in events]
        self._add([one for one in new if _key(one) not in known])

    def read(self) -> list[dict[str, Any]]:
        """Return all of it, in the order in which it was kept."""
        return [event for path in (self._before, self._path) for event in _events(path)]

    @property
    def _before(self) -> Path:
        return self._path.with_name(f"{self._path.name}.1")

    def _add(self, events: Sequence[Mapping[str, Any]]) -> None:
        data = "".join(f"{json.dumps(one)}\n" for one in events).encode()
        if not data:
            return
        append_private(self._path, data)
        with suppress(OSError):
            if self._path.stat().st_size > MOST_BYTES:
                self._path.replace(self._before)


def _key(event: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(event.get(name)) for name in ("time", "kind", "by", "reason", "instance_id"))


def _events(path: Path) -> list[dict[str, Any]]:
    found = []
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):  # cut off by a full disk
                found.append(json.loads(line))
    return [one for one in found if isinstance(one, dict)]


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return ""
