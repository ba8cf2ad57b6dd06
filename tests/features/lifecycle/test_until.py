"""Times until which something is tried, as people say them."""

from datetime import UTC, datetime

import pytest

from gpuinfra.features.lifecycle.until import parse
from gpuinfra.ground.errors import ConfigError

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)


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
