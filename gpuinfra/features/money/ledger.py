"""What our commands have seen of a stack's hosts, in a file of the stack: one JSON line each, 0600.

AWS tells of the last start and the last stop only; what was before is known to whoever looked then.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from gpuinfra.ground import when
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.protocols import StackFiles
from gpuinfra.ground.world import World
from gpuinfra.tools.files import append_private

FILE = "history.jsonl"
# What has not changed is written again so often at most.
AGAIN_S = 600.0
TAIL_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """An instance as a command saw it; times in seconds since 1970.

    at: by this machine's clock; all else is AWS's. since: when it got into its state, None if AWS does not
    say. made: when it got its disk.
    """

    at: float
    instance_id: str
    state: str
    instance_type: str
    market: str
    launched: float
    since: float | None = None
    made: float | None = None


def of(files: StackFiles) -> "Ledger":
    """Return the ledger of a stack."""
    return Ledger(files.plan_file.parent)


def seen(world: World, host: Host, now: Instance | None, *, starts: bool = False) -> None:
    """Write down what EC2 just said of the host; such a moment does not come again.

    starts: it is started now, so that this look says until when it was off.
    """
    book = of(world.files)
    if now:
        book.note(now, always=starts)
    else:
        book.note_gone(host.instance_id)


class Ledger:
    """The file of one stack. What cannot be written, or read, never stops a command."""

    def __init__(self, directory: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = directory / FILE, now

    def note(self, instance: Instance, *, always: bool = False) -> None:
        """Write down how an instance is now, unless that was written a moment ago; `always`: then, too."""
        seen = sighting(instance, self._now())
        last = self._last(instance.instance_id) if seen and not always else None
        if seen and not (last and _says_the_same(last, seen)):
            self._append(seen)

    def note_gone(self, instance_id: str) -> None:
        """Write down that AWS does not know an instance any more."""
        last = self._last(instance_id)
        if last and last.state != "terminated":
            self._append(
                Sighting(**{**asdict(last), "at": self._now(), "state": "terminated", "since": None})
            )

    def sightings(self) -> list[Sighting]:
        """Return all, in the order in which they were written; a damaged line is left out."""
        try:
            return _parsed(self._path.read_bytes())
        except OSError:
            return []

    def _last(self, instance_id: str) -> Sighting | None:
        try:
            with self._path.open("rb") as lines:
                size = lines.seek(0, os.SEEK_END)
                lines.seek(max(0, size - TAIL_BYTES))
                tail = _parsed(lines.read())
        except OSError:
            return None
        return next((one for one in reversed(tail) if one.instance_id == instance_id), None)

    def _append(self, seen: Sighting) -> None:
        """Write one line; first end one that was cut off."""
        append_private(self._path, b"\n" + json.dumps(asdict(seen)).encode() + b"\n")


def sighting(instance: Instance, at: float) -> Sighting | None:
    """Return an instance as it is written down; None where AWS does not say when it was started."""
    launched = seconds_of(instance.launched)
    if launched is None:
        return None
    return Sighting(
        at=at,
        instance_id=instance.instance_id,
        state=instance.state,
        instance_type=instance.instance_type,
        market=instance.market,
        launched=launched,
        since=seconds_of(instance.since),
        made=seconds_of(instance.made),
    )


def seconds_of(iso: str) -> float | None:
    """Return a time of ISO 8601 in seconds since 1970; None for what is none."""
    found = when.read(iso)
    return found.timestamp() if found else None


def _says_the_same(last: Sighting, seen: Sighting) -> bool:
    was = {**asdict(last), "at": 0.0} == {**asdict(seen), "at": 0.0}
    return was and 0 <= seen.at - last.at < AGAIN_S


def _parsed(data: bytes) -> list[Sighting]:
    found = []
    for line in data.splitlines():
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            raw = json.loads(line)
            one = Sighting(**{f.name: raw[f.name] for f in fields(Sighting) if f.name in raw})
            if _is_whole(one):
                found.append(one)
    return found


def _is_whole(one: Sighting) -> bool:
    texts = (one.instance_id, one.state, one.instance_type, one.market)
    times = (one.at, one.launched, one.since or 0.0, one.made or 0.0)
    return all(isinstance(it, str) for it in texts) and all(map(when.is_time, times))
