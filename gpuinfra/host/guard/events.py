"""What happened to this host: JSON lines on its disk; how it ended goes to the console, too.

What is on the console outlives the host: EC2 shows it for about an hour after a termination
(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html). Nothing here raises: a
full disk must not keep a host from ending.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]

ROOT = os.environ.get("GPUINFRA_ROOT", "")  # moved by tests
DISK, MEMORY = f"{ROOT}/var/lib/gpuinfra/events.jsonl", f"{ROOT}/run/gpuinfra/events.jsonl"
CONSOLE = f"{ROOT}/dev/console"
MARK = "gpuinfra-event"  # before an event on the console
ON_CONSOLE = ("on_stop", "job ended", "job finished", "job saved", "rebalance", "end", "power-off failed")
MOST_BYTES = 256 * 1024  # of a file; the one before it is kept, too
MOST_TEXT = 2000  # characters of one value


def record(kind: str, **details: Any) -> Event:
    """Keep an event on the disk, in memory where there is no room; tell the console how the host ends."""
    event = {"time": now(), "kind": kind, **{name: _short(value) for name, value in details.items()}}
    line = json.dumps(event)
    if not _append(DISK, line):
        _append(MEMORY, line)
    if kind in ON_CONSOLE:
        _tell_console(f"{MARK} {line}")
    return event


def read() -> list[Event]:
    """Return all events that are kept, the oldest first."""
    found = [event for path in (f"{DISK}.1", DISK, f"{MEMORY}.1", MEMORY) for event in _events(path)]
    return sorted(found, key=lambda event: str(event.get("time", "")))


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the microsecond: what follows at once keeps its order."""
    seconds, rest_ns = divmod(time.time_ns(), 10**9)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest_ns // 1000:06d}Z"


def _short(value: Any) -> Any:
    return value[:MOST_TEXT] if isinstance(value, str) else value


def _append(path: str, line: str) -> bool:
    """Add a whole line or nothing; tell whether it is there."""
    data = f"{line}\n".encode()
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError:
        return False
    try:
        size = os.fstat(file).st_size
        if os.write(file, data) != len(data):
            os.ftruncate(file, size)
            return False
        if size > MOST_BYTES:
            os.replace(path, f"{path}.1")
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _events(path: str) -> list[Event]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError):  # cut off by a power cut
            found.append(json.loads(line))
    return [event for event in found if isinstance(event, dict)]


def _tell_console(line: str) -> None:
    """Write a line of its own; a console that takes nothing just now is not waited for."""
    with suppress(OSError):
        file = os.open(CONSOLE, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(file, f"\r\n{line}\r\n".encode())
        finally:
            os.close(file)
