"""When a host ran: to the second where somebody saw it, and as running where nobody did."""

import pytest

from gpuinfra.features.money.history import spans
from gpuinfra.features.money.rates import RUNNING, STOPPED
from tests.features.money.lives import HOUR, ID, merged, seen, times


def test_a_host_that_runs() -> None:
    """Since AWS started it, whenever somebody looked first."""
    assert times(spans([seen(5000)], ID)) == [(RUNNING, 1000, None)]


def test_nobody_saw_it() -> None:
    """Another host's sightings are not this one's."""
    assert spans([], ID) == spans([seen(5000, instance_id="i-2")], ID) == []


def test_a_host_that_was_stopped() -> None:
    """Its end is what AWS says, not when somebody looked."""
    found = spans([seen(2000), seen(9000, "stopping", since=4000.0), seen(9100, "stopped", since=4000.0)], ID)
    assert times(found) == [(RUNNING, 1000, 4000), (STOPPED, 4000, None)]


def test_stops_and_starts() -> None:
    """Each start has its own LaunchTime; a resize between them is the type of the later one."""
    found = spans(
        [
            seen(1100),
            seen(3100, "stopped", since=3000.0),
            seen(3200, "stopped", since=3000.0, instance_type="g5.2xlarge"),
            seen(4950, "stopped", since=3000.0, instance_type="g5.2xlarge"),
            seen(5100, launched=5000.0, instance_type="g5.2xlarge"),
            seen(7100, "stopped", launched=5000.0, since=7000.0, instance_type="g5.2xlarge"),
        ],
        ID,
    )
    assert merged(found) == [
        (RUNNING, 1000, 3000),
        (STOPPED, 3000, 5000),
        (RUNNING, 5000, 7000),
        (STOPPED, 7000, 1e12),
    ]
    assert [span.instance_type for span in found if span.state == RUNNING] == ["g5.xlarge", "g5.2xlarge"]


def test_a_stop_that_nobody_saw_counts_as_running() -> None:
    """AWS forgets it with the next start: what was between two starts is unknown, and told as such."""
    found = spans([seen(2000), seen(9100, launched=9000.0)], ID)
    assert times(found) == [(RUNNING, 1000, 2000), (f"{RUNNING}?", 2000, 9000), (RUNNING, 9000, None)]


def test_a_host_that_was_made_before_anybody_looked() -> None:
    """Its disk is older than its last start."""
    found = spans([seen(9100, launched=9000.0, made=1000.0)], ID)
    assert times(found) == [(f"{RUNNING}?", 1000, 9000), (RUNNING, 9000, None)]
    assert times(spans([seen(9100, launched=9000.0, made=9001.0)], ID)) == [(RUNNING, 9000, None)]


def test_a_host_that_powered_itself_off() -> None:
    """AWS may not say when: for all that is known it ran until it was seen to be off."""
    found = spans([seen(2000), seen(9000, "stopped")], ID)
    assert times(found) == [(RUNNING, 1000, 2000), (f"{RUNNING}?", 2000, 9000), (STOPPED, 9000, None)]


def test_a_start_and_a_stop_that_nobody_saw() -> None:
    """Between the last look and a start by others it may have run, unless its boots say that it did not."""
    told = [seen(2000), seen(3000, "stopped", since=2500.0), seen(20_100, launched=20_000.0)]
    assert merged(spans(told, ID)) == [
        (RUNNING, 1000, 2500),
        (STOPPED, 2500, 3000),
        (f"{RUNNING}?", 3000, 20_000),
        (RUNNING, 20_000, 1e12),
    ]
    assert merged(spans(told, ID, boots=[(1020, 2490), (20_020, 20_090)])) == [
        (RUNNING, 1000, 2500),
        (STOPPED, 2500, 20_000),
        (RUNNING, 20_000, 1e12),
    ]


def test_a_boot_that_began_a_moment_before_its_start_is_no_other_one() -> None:
    """The host's clock is not AWS's: two minutes more were counted for each start."""
    told = [
        seen(2510, "stopped", since=2500.0),
        seen(19_998, "stopped", since=2500.0),
        seen(20_001, launched=20_000.0),
    ]
    assert merged(spans(told, ID, boots=[(999.5, 2490), (19_999.5, 20_090)])) == [
        (RUNNING, 1000, 2500),
        (STOPPED, 2500, 20_000),
        (RUNNING, 20_000, 1e12),
    ]


@pytest.mark.parametrize("wrong_h", [-5, 0, 5])
def test_a_start_of_ours_leaves_no_doubt(wrong_h: int) -> None:
    """It looks before it starts; a laptop whose clock is hours off knows how long that took."""
    off = wrong_h * HOUR
    told = [
        seen(2000 + off),
        seen(2510 + off, "stopped", since=2500.0),
        seen(19_998 + off, "stopped", since=2500.0),
        seen(20_030 + off, launched=20_000.0),
    ]
    assert merged(spans(told, ID)) == [
        (RUNNING, 1000, 2500),
        (STOPPED, 2500, 20_000),
        (RUNNING, 20_000, 1e12),
    ]


def test_a_host_that_is_gone() -> None:
    """Its times end, whether it ran or was stopped; of one that AWS has forgotten, when that was seen."""
    ran = spans([seen(2000), seen(9000, "terminated", since=8000.0)], ID)
    assert times(ran) == [(RUNNING, 1000, 8000)]
    was_off = [seen(5000, "stopped", since=4000.0), seen(9000, "terminated", since=8000.0)]
    assert times(spans(was_off, ID)) == [(RUNNING, 1000, 4000), (STOPPED, 4000, 8000)]
    forgotten = spans([seen(2000), seen(9000, "terminated")], ID)
    assert merged(forgotten) == [(RUNNING, 1000, 2000), (f"{RUNNING}?", 2000, 9000)]


def test_the_order_of_lines_does_not_matter() -> None:
    """Two commands at once may write in any order."""
    told = [
        seen(1100),
        seen(3100, "stopped", since=3000.0),
        seen(5100, launched=5000.0),
        seen(7100, "terminated", launched=5000.0, since=7000.0),
    ]
    assert spans(list(reversed(told)), ID) == spans(told, ID)
