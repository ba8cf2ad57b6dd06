"""Times until which something is tried, as people say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gpuinfra.features.lifecycle.until import parse
from gpuinfra.ground.errors import ConfigError

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")  # summer time begins on 2026-03-29 at 2:00, ends on 2026-10-25 at 3:00


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90m", "2026-11-29T18:30"),
        ("1.5h", "2026-11-29T18:30"),
        ("7d", "2026-12-06T17:00"),
        ("18:00", "2026-11-29T18:00"),
        ("9:05", "2026-11-30T09:05"),
        ("2026-11-30T18:00", "2026-11-30T18:00"),
        ("2026-11-30T18:00:00Z", "2026-11-30T18:00"),
    ],
)
def test_times_as_people_say_them(text: str, found: str) -> None:
    """An hour of the day is the next one."""
    assert parse(text, NOW, "default").isoformat()[:16] == found


@pytest.mark.parametrize(
    "text",
    ["soon", "", "12", "-2h", "1h30m", "25:00", "17:60", "4m", "8d", "999999d", "2026-11-28T18:00",
     "2026-13-01T00:00", "1e3h", "17:03"],
)  # fmt: skip
def test_what_is_no_time_or_too_far(text: str) -> None:
    """Refused with what may be."""
    with pytest.raises(ConfigError, match=r"must be like 90m|must be 5 minutes to 7 days") as why:
        parse(text, NOW, "big")
    assert why.value.hint == "gpuinfra start --when-available --until 12h --stack big"


@pytest.mark.parametrize(
    ("now", "text", "found"),
    [
        ("2026-03-28T20:00", "18:00", "2026-03-29T18:00:00+02:00"),
        ("2026-10-24T20:00", "18:00", "2026-10-25T18:00:00+01:00"),
        ("2026-03-28T20:00", "2026-03-30T18:00", "2026-03-30T18:00:00+02:00"),
        ("2026-03-28T20:00", "12h", "2026-03-29T09:00:00+02:00"),
        ("2026-10-24T20:00", "1d", "2026-10-25T19:00:00+01:00"),
        ("2026-10-25T02:40", "2:30", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_a_change_of_summer_time_comes_between(now: str, text: str, found: str) -> None:
    """18:00 is 18:00 on the wall that day; 12h is twelve hours; a time that comes twice is the next one."""
    here = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    assert parse(text, here, "default").isoformat() == found


def test_a_week_is_a_week_of_hours() -> None:
    """With the hour that an October day has more, the same time in seven days is too far."""
    with pytest.raises(ConfigError, match="5 minutes to 7 days"):
        parse("2026-10-31T18:00", datetime(2026, 10, 24, 18, tzinfo=BERLIN), "default")
