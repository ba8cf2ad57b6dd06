"""Times that a host, or AWS, tells: what no clock can show is none."""

from datetime import datetime, timedelta, timezone

import pytest

from gpuinfra.ground import when

NOW = datetime(2026, 11, 30, 8, tzinfo=timezone(timedelta(hours=-10)))


@pytest.mark.parametrize("iso", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-11:00", "soon", "2026-11-30"])
def test_what_is_no_time_is_shown_as_it_is(iso: str) -> None:
    """The first and the last day of the calendar have none on a clock east or west of them."""
    assert when.read(iso) is None
    assert when.local(iso, NOW) == iso
    assert when.between(iso, "", NOW) == ""


def test_a_time_by_the_clock_of_the_user() -> None:
    """Another day is named."""
    assert when.local("2026-11-30T17:55:00+00:00", NOW) == "07:55, 5 min ago"
    assert when.local("2026-11-29T17:55:00+00:00", NOW) == "2026-11-29 07:55, 1 d 5 min ago"
