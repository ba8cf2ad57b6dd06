"""What the host itself knows of its times; and that never less is counted than AWS bills."""

import itertools
import random

from gpuinfra.features.money.history import BOOT_S, spans
from gpuinfra.features.money.rates import RUNNING, STOPPED, seconds
from tests.features.money.lives import ID, merged, seen


def test_the_last_words_of_a_host_say_when_it_ended() -> None:
    """So a night is not counted in which it was off."""
    found = spans([seen(2000), seen(40_000, "stopped")], ID, boots=[(1020, 3990)], ends=[4000.0])
    assert merged(found) == [(RUNNING, 1000, 4000), (STOPPED, 4000, 1e12)]


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
