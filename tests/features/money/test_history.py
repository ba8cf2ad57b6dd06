"""When a host ran: to the second where somebody saw it, and as running where nobody did."""

import itertools
import random
from typing import Any

import pytest

from gpuinfra.features.money.history import BOOT_S, spans
from gpuinfra.features.money.ledger import Sighting
from gpuinfra.features.money.rates import RUNNING, STOPPED, Span, seconds

ID = "i-1"
HOUR = 3600.0


def seen(at: float, state: str = "running", *, launched: float = 1000.0, **more: Any) -> Sighting:
    """Return a sighting."""
    told = {"instance_id": ID, "instance_type": "g5.xlarge", "market": "on-demand", **more}
    return Sighting(at=at, state=state, launched=launched, **told)


def times(found: list[Span]) -> list[tuple[str, float, float | None]]:
    """Return the times without what does not differ; what nobody saw is marked."""
    return [(s.state + ("?" if s.unseen else ""), s.began, s.ended) for s in found]


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


def test_the_last_words_of_a_host_say_when_it_ended() -> None:
    """So a night is not counted in which it was off."""
    found = spans([seen(2000), seen(40_000, "stopped")], ID, boots=[(1020, 3990)], ends=[4000.0])
    assert merged(found) == [(RUNNING, 1000, 4000), (STOPPED, 4000, 1e12)]


def merged(found: list[Span]) -> list[tuple[str, float, float]]:
    """Return the times, neighbours of the same state as one; what lasts ends in far future."""
    joined: list[tuple[str, float, float]] = []
    for state, began, ended in times(found):
        last = 1e12 if ended is None else ended
        if joined and joined[-1][0] == state:
            joined[-1] = (state, joined[-1][1], last)
        else:
            joined.append((state, began, last))
    return joined


def test_the_boots_of_the_host_fill_a_gap() -> None:
    """The guard was awake in it: of that time it is known that the host ran; the rest stays unknown."""
    found = spans([seen(2000), seen(20_000, launched=19_000.0)], ID, boots=[(1020, 5000), (9000, 12_000)])
    assert merged(found) == [
        (RUNNING, 1000, 5000),
        (f"{RUNNING}?", 5000, 9000),
        (RUNNING, 9000, 12_000),
        (f"{RUNNING}?", 12_000, 19_000),
        (RUNNING, 19_000, 1e12),
    ]


def test_a_reboot_is_no_gap() -> None:
    """AWS bills it, and it takes less than two minutes."""
    found = spans([seen(2000), seen(9000, "stopped")], ID, boots=[(1020, 5000), (5060, 8950)])
    assert merged(found) == [(RUNNING, 1000, 9000), (STOPPED, 9000, 1e12)]


def test_a_start_that_only_the_host_saw() -> None:
    """Stopped, started in the console, ended by its guard, started again: the time between is not stopped."""
    found = spans(
        [seen(2000), seen(3000, "stopped", since=2500.0), seen(20_100, launched=20_000.0)],
        ID,
        boots=[(1020, 2490), (8000, 9000)],
        ends=[9005.0],
    )
    assert merged(found) == [
        (RUNNING, 1000, 2500),
        (STOPPED, 2500, 8000 - BOOT_S),
        (RUNNING, 8000 - BOOT_S, 9005),
        (STOPPED, 9005, 20_000),
        (RUNNING, 20_000, 1e12),
    ]


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


def test_never_less_than_aws_bills() -> None:
    """Whatever happens and whoever looks when: no hole, no overlap, and at least all seconds that it ran."""
    for seed in range(500):
        _check_a_life(seed)


def _check_a_life(seed: int) -> None:
    """Let a host run and be stopped by chance, and be seen by chance."""
    chance = random.Random(seed)
    at, told, boots, ends, ran, now = 1000.0, [], [], [], [], 1000.0
    launched, has_guard = at, chance.random() < 0.5
    for _ in range(chance.randint(1, 6)):
        launched, stop = at, at + chance.randint(150, 20_000)
        ran.append((launched, stop))
        if has_guard:  # it may be killed, but sees each boot
            boot = launched + chance.randint(5, 100)
            boots.append((boot, chance.uniform(boot, stop)))
        if chance.random() < 0.7:
            told.append(seen(chance.uniform(launched, stop), launched=launched))
        at = stop + chance.randint(10, 20_000)
        told_since = stop if chance.random() < 0.6 else None
        if has_guard and chance.random() < 0.5:
            ends.append(stop)
        if chance.random() < 0.7:
            told.append(seen(chance.uniform(stop, at), "stopped", launched=launched, since=told_since))
        now = at
    told.append(seen(now, "stopped", launched=launched, since=ran[-1][1]))
    first = min(one.launched for one in told)
    found = spans(told, ID, boots=boots, ends=ends)
    assert found[0].began == first, seed
    assert all(a.ended == b.began for a, b in itertools.pairwise(found)), seed
    billed = sum(stop - start for start, stop in ran if start >= first)
    assert seconds(found, RUNNING, until=now) >= billed - 1e-6, seed
