"""Times as they are kept and shown, and which boot of the host it is."""

import time

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """Return the time as ISO 8601 in UTC."""
    return iso(time.time())


def iso(since_1970_s: float) -> str:
    """Return a time as ISO 8601 in UTC."""
    return time.strftime(FORMAT, time.gmtime(since_1970_s))


def booted() -> float:
    """Return when this host was booted, in seconds since 1970."""
    with open("/proc/uptime", encoding="ascii") as file:
        return time.time() - float(file.read().split()[0])


def boot_id() -> str:
    """Return what is different after each boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def seconds(text: str) -> float:
    """Return such a time in seconds since 1970; 0 for what is none."""
    from calendar import timegm  # 5 ms with strptime, which no `run` waits for

    try:
        return float(timegm(time.strptime(text, FORMAT)))
    except ValueError:
        return 0.0
