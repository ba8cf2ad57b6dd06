"""Seconds times prices."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gpuinfra.features.money.rates import FREE, RUNNING, STOPPED, Item, Price, Rate, Span
from gpuinfra.features.money.spent import SpentOn, month_began, month_ends, spent, total_usd

BIG = {"g5.xlarge": 3600.0, "g5.2xlarge": 7200.0}  # a dollar, two dollars a second
DISK = Price(usd_h=36.0)


def rate(instance_type: str, market: str) -> Rate:
    """Return a rate that is easy to count with; spot is unknown."""
    host = Price(usd_h=BIG[instance_type] if market == "on-demand" else None)
    return Rate(
        items=(Item(name="host", running=host, stopped=FREE), Item(name="disk", running=DISK, stopped=DISK))
    )


def span(began: float, ended: float | None, state: str = RUNNING, **more: Any) -> Span:
    """Return a time."""
    return Span(
        **{"instance_type": "g5.xlarge", "market": "on-demand", **more}, state=state, began=began, ended=ended
    )


def usd(found: list[SpentOn]) -> list[tuple[str, float | None]]:
    """Return the sums by name."""
    return [(it.name, it.usd) for it in found]


def test_each_second_is_counted_at_the_price_of_its_type() -> None:
    """A stopped host costs its disk; a resized one what its new type costs."""
    times = [span(0, 100), span(100, 300, STOPPED), span(300, None, instance_type="g5.2xlarge")]
    assert usd(spent(times, rate, now=400)) == [("host", 300.0), ("disk", pytest.approx(4.0))]


def test_a_start_costs_a_minute_at_least() -> None:
    """Linux is billed by the second, but for the first sixty; the disk is not."""
    assert usd(spent([span(0, 10), span(10, None, STOPPED)], rate, now=20)) == [("host", 60.0), ("disk", 0.2)]
    assert usd(spent([span(0, None)], rate, now=10))[0] == ("host", 60.0)


def test_parts_of_one_start_cost_one_minute_together() -> None:
    """What nobody saw of it is no start of its own."""
    times = [span(0, 50), span(50, 55, unseen=True), span(55, 70), span(70, None, STOPPED)]
    assert usd(spent(times, rate, now=100))[0] == ("host", 70.0)


def test_the_month_begins_at_midnight_utc() -> None:
    """As AWS's bill does; what was before is not of it."""
    now = datetime(2026, 12, 3, 4, 5, 6, tzinfo=UTC).timestamp()
    first = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert (month_began(now), month_ends(now)) == (first, datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    found = spent(
        [span(first - 500, first + 100), span(first + 100, None, STOPPED)], rate, now=now, since=first
    )
    assert usd(found)[0] == ("host", 100.0)


def test_an_unknown_price_makes_the_sum_unknown() -> None:
    """Not zero; what costs for no second does not matter."""
    found = spent([span(0, 100, market="spot")], rate, now=100)
    assert usd(found) == [("host", None), ("disk", pytest.approx(1.0))]
    assert total_usd(found) is None
    assert total_usd(spent([span(0, 100)], rate, now=100)) == pytest.approx(101.0)
