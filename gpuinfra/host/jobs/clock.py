"""Times as they are kept and shown, and which boot of the host it is."""

import contextlib
import time
from datetime import datetime, timezone
from pathlib import Path


def now() -> str:
    """Return the time as ISO 8601 in UTC."""
    return iso(time.time())


def iso(since_1970_s: float) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(since_1970_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017 - 3.10


def booted() -> float:
    """Return when this host was booted, in seconds since 1970."""
    return time.time() - float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])


def boot_id() -> str:
    """Return what is different after each boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def seconds(text: str) -> float:
    """Return such a time in seconds since 1970; 0 for what is none."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()  # noqa: UP017
    return 0.0
