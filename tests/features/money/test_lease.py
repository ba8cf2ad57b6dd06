"""A lease in words: what is spent, when AWS ends the host, what to type."""

import dataclasses
from datetime import UTC, datetime

import pytest

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money import lease_text
from gpuinfra.features.money.lease import Lease, LeaseNow, LeaseUse
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.ground.model import Instance, Record, ScheduleStart
from tests.fakes.world import RECORDED, RUNNING, SETTINGS

HERE = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
NOW = HERE.timestamp()
TWENTY_USD = Lease(max_usd=20.0)
STOPPED = dataclasses.replace(RUNNING, state="stopped", since="2026-11-29T19:30:00+00:00")


def summary(
    instance: Instance = RUNNING,
    *,
    lease: Lease = TWENTY_USD,
    used: float | None = 12.34,
    an_hour: float | None = 1.21,
    ends_in_s: float | None = 3 * 3600 + 300,
) -> LeaseSummary:
    """Return how a lease stands."""
    start = None if ends_in_s is None else ScheduleStart(begins=NOW + ends_in_s, now=NOW)
    use = LeaseUse(used=used, an_hour=an_hour, why="allow pricing:GetProducts" if used is None else "")
    return lease_text.summary(LeaseNow(lease=lease, use=use, start=start, instance=instance), "default")


def test_each_state_in_one_line() -> None:
    """What a user reads in `status`, and the way on."""
    more = "gpuinfra lease extend --usd 10"
    assert summary().line(HERE) == "12.34 of 20.00 USD; AWS stops the host at 23:05, in 3 h 5 min"
    assert (
        summary(ends_in_s=-5, used=20.0).line(HERE) == f"20.00 of 20.00 USD: AWS stops the host now; {more}"
    )
    assert summary(STOPPED).line(HERE) == "12.34 of 20.00 USD; once started the host may run for 6 h 19 min"
    assert summary(STOPPED, used=19.99).line(HERE) == (f"ended 19:30, 30 min ago: 19.99 of 20.00 USD; {more}")
    assert summary(ends_in_s=None).line(HERE) == (
        "12.34 of 20.00 USD; AWS has no schedule of it: nothing would end the host; gpuinfra up"
    )
    assert summary(used=None, an_hour=None).line(HERE) == (
        "unknown of 20.00 USD; AWS stops the host at 23:05, in 3 h 5 min"
        " (prices unknown: allow pricing:GetProducts)"
    )
    assert summary(lease=Lease(max_hours=10.0), used=4.5, an_hour=1.0).line(HERE) == (
        "4.50 of 10.00 hours; AWS stops the host at 23:05, in 3 h 5 min"
    )


def test_an_end_that_is_later_than_the_limit_is_told() -> None:
    """An apply that was killed has recorded a lower limit, and AWS would end the host by the one before."""
    late = summary(ends_in_s=10 * 3600).line(HERE)
    assert late.endswith("in 10 h; ! that is later than the limit allows: gpuinfra up   # moves it")
    assert "later" not in summary(ends_in_s=6 * 3600 + 19 * 60).line(HERE)


def test_another_day_is_named() -> None:
    """By the user's own clock."""
    assert "on Mon 2026-11-30 at 22:00, in 1 d 2 h" in summary(ends_in_s=26 * 3600).line(HERE)


def test_what_comes_after_the_end_is_said() -> None:
    """The disk of a stopped host goes on costing money; with stopped_days it is deleted."""
    assert "its disk is kept, and costs money until gpuinfra down" in summary().text(HERE)
    days = summary(lease=Lease(max_usd=20.0, stopped_days=7.0))
    assert "AWS terminates the host and deletes its disk 7 days after the end" in days.text(HERE)
    assert summary().plain()["ends_at"] == "2026-11-29T23:05:00+00:00"


def test_a_change_shows_the_old_and_the_new_sum() -> None:
    """Extending is an explicit act."""
    old, new = Lease(max_usd=20.0), Lease(max_usd=30.0)
    assert lease_text.changed(old, new) == "  lease: 20.00 USD -> 30.00 USD"
    assert lease_text.changed(None, new) == "  lease: 30.00 USD"
    assert lease_text.changed(new, new) == ""
    assert lease_text.changed(new, None).startswith("! lease: removed")
    assert "may run for 2 h from now on" in lease_text.from_now_on(2.0, None)
    assert "stops the host at once" in lease_text.from_now_on(0.01, None)
    assert "3 days later it deletes host and disk" in lease_text.from_now_on(2.0, 3.0)


def test_a_sum_beyond_all_calendars_is_a_lease_of_ten_years() -> None:
    """A million dollars of a small host would end it in the year 23000, which no clock has."""
    million = Lease(max_usd=1e6, stopped_days=1e6)
    for an_hour in (0.005, 0.0):
        end = leases.end(million, LeaseUse(used=0.0, an_hour=an_hour), now=NOW)
        assert end
        assert lease_text.iso(end).startswith("2036-")
        assert lease_text.iso(million.stages(end)[leases.TERMINATE]).startswith("2046-")


@pytest.mark.parametrize("raw", [None, 3, [], {}, {"max_usd": None, "max_hours": None}, {"max_usd": "20"}])
def test_what_is_no_lease_is_none(raw: object) -> None:
    """A state of before there were leases, or one that somebody edited."""
    assert leases.applied(Record(outputs={"lease": raw})) is None
    assert leases.applied(RECORDED) is None
    assert leases.wanted(SETTINGS) is None
