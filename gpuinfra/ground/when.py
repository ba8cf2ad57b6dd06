"""Times as people read them: on their own clock, and how long ago. Pure."""

from datetime import UTC, datetime, timedelta, tzinfo

from gpuinfra.ground.text import duration

LATEST = 4_102_444_800.0  # the year 2100, in seconds since 1970: what is later is no time of ours


class MachineZone(tzinfo):
    """This machine's time zone with its rules: 18:00 of a day after summer time begins is that day's 18:00.

    What `datetime.astimezone()` returns bears one offset alone, that of its own moment. As with every zone
    that has rules, adding to a time here moves the clock on the wall: count hours in UTC.
    """

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """Return the offset at a time on the wall; `fold` tells the second of two from the first."""
        return at.replace(tzinfo=None).astimezone().utcoffset() if at else None

    def dst(self, at: datetime | None) -> timedelta | None:
        """Return None: the offset tells all that is needed."""
        return None

    def tzname(self, at: datetime | None) -> str | None:
        """Return its short name at a time: CET, CEST."""
        return at.replace(tzinfo=None).astimezone().tzname() if at else None

    def fromutc(self, at: datetime) -> datetime:
        """Return the time on the wall of a time in UTC."""
        local = at.replace(tzinfo=UTC).astimezone()
        first = local.replace(tzinfo=self, fold=0)
        return first if first.utcoffset() == local.utcoffset() else first.replace(fold=1)


HERE = MachineZone()


def read(iso: str) -> datetime | None:
    """Return a time of ISO 8601 with its zone, of these centuries; None for what is none."""
    try:
        time = datetime.fromisoformat(iso)
    except ValueError:
        return None
    # on some clocks the first and the last days of the calendar are none
    return time if time.tzinfo and 1900 < time.year < 9000 else None


def is_time(seconds: float) -> bool:
    """Tell whether a number that a host told can be seconds since 1970."""
    return 0 <= seconds < LATEST


def local(iso: str, now: datetime) -> str:
    """Return a time by the clock of `now`: 17:43, 5 min ago; an older one with its day.

    What is no time is returned as it is.
    """
    time = read(iso)
    if not time:
        return iso
    here = time.astimezone(now.tzinfo)
    day = "" if here.date() == now.date() else f"{here:%Y-%m-%d} "
    return f"{day}{here:%H:%M}, {between(iso, '', now)} ago"


def between(began: str, ended: str, now: datetime) -> str:
    """Return how long it took, or has taken so far; empty where that is not known. Clocks may differ."""
    first, last = read(began), read(ended) if ended else now
    return duration(max(0, int((last - first).total_seconds()))) if first and last else ""
