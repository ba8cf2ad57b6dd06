"""Times by the clock on the wall of this machine, on both sides of a change to and from summer time; what no
clock can show is none.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from gpuinfra.ground import when
from gpuinfra.ground.when import HERE

BERLIN = ZoneInfo("Europe/Berlin")
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


@pytest.fixture
def in_berlin() -> Iterator[None]:
    """Let this machine be in Berlin, where summer time begins on 2026-03-29 and ends on 2026-10-25."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
def test_this_machines_zone_has_its_rules() -> None:
    """Each quarter of an hour around both changes is on the wall what the time zone database says."""
    for day in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        for quarter in range(20):
            moment = day + timedelta(minutes=15 * quarter)
            here, there = moment.astimezone(HERE), moment.astimezone(BERLIN)
            assert (here.isoformat(), here.fold, here.tzname()) == (
                there.isoformat(),
                there.fold,
                there.tzname(),
            )
            assert here.timestamp() == moment.timestamp()


@pytest.mark.usefixtures("in_berlin")
def test_a_time_before_the_change_is_shown_as_the_wall_had_it() -> None:
    """What happened on Saturday at 18:00 did so on Sunday, too, when summer time has begun."""
    now = datetime(2026, 3, 29, 12, tzinfo=HERE)
    assert when.local("2026-03-28T17:00:00Z", now) == "2026-03-28 18:00, 17 h ago"
