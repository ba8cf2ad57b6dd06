"""A time until which something is tried, as people say it: 90m, 12h, 2d, 18:00, 2026-11-30T18:00. Pure."""

import re
from datetime import datetime, timedelta

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command

LEAST, MOST = timedelta(minutes=5), timedelta(days=7)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
EXAMPLE = "start --when-available --until 12h"


def parse(text: str, now: datetime, stack: str) -> datetime:
    """Return the time; one without a zone is by the clock of `now`, an hour of the day is the next one.

    stack: for the hint.

    Raises:
        ConfigError: it is no time, or less than 5 minutes or more than 7 days from now.
    """
    found = _read(text.strip(), now)
    if found is None:
        message = f"--until is {text!r}; it must be like 90m, 12h, 2d, 18:00 or 2026-11-30T18:00"
        raise ConfigError(message, hint=command(EXAMPLE, stack))
    if not LEAST <= found - now <= MOST:
        message = (
            f"--until is {text!r}, which is {found:%Y-%m-%d %H:%M}; it must be 5 minutes to 7 days from now"
        )
        raise ConfigError(message, hint=command(EXAMPLE, stack))
    return found


def _read(text: str, now: datetime) -> datetime | None:
    if span := re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([mhd])", text):
        return now + timedelta(**{UNITS[span[2]]: float(span[1])})
    if hour := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text):
        today = now.replace(hour=int(hour[1]), minute=int(hour[2]), second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00")) if "-" in text else None
    except ValueError:
        return None
    return found.replace(tzinfo=now.tzinfo) if found and not found.tzinfo else found
