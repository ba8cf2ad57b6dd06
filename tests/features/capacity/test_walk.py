"""The walk: its order, its bounds, and what ends it."""

import random

import pytest

from gpuinfra.features.capacity.verdict import OF_CODE, Verdict, bucket
from gpuinfra.features.capacity.walk import NothingLeftError, Places, walk
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, Locked, NotReached
from tests.fakes.world import FakeTime
from tests.features.capacity.places import (
    G5,
    G5_SPOT,
    G6,
    G6_SPOT,
    NO_CAPACITY,
    TWO_BY_TWO,
    Region,
    Watch,
    exhausted,
    in_zone,
    refusal,
    walked,
)

HOUR_S = 3600.0


def test_the_first_that_has_a_host_is_taken_in_order() -> None:
    """Those after it are not asked; each refusal is told with its number and what comes next."""
    region = Region({G5: None, G6: None})
    made, watch = walked(region, TWO_BY_TWO)
    assert made == "host in g5.xlarge on-demand"
    assert region.asked == [G5_SPOT, G6_SPOT, G5]
    assert [(one.number, left) for one, left in watch.refusals] == [(1, (G6_SPOT, G5, G6)), (2, (G5, G6))]


def test_without_a_wait_there_is_one_round() -> None:
    """Each place is asked once, and nobody waits."""
    region = Region({})
    assert [one.pool for one in exhausted(region, TWO_BY_TWO)] == [*TWO_BY_TWO]
    assert region.asked == [*TWO_BY_TWO]


def test_what_the_user_has_to_mend_stops_at_once() -> None:
    """Any other refusal, and what Terraform refuses, is raised as it is: no other place would do."""
    for error in (refusal("UnauthorizedOperation"), ConfigError("a value is wrong")):
        region = Region({G5_SPOT: error})
        with pytest.raises(GpuInfraError) as caught:
            walked(region, TWO_BY_TWO, wait_s=HOUR_S)
        assert caught.value is error
        assert region.asked == [G5_SPOT]


def test_a_broken_connection_is_tried_again_twice_in_the_same_place() -> None:
    """It says nothing of the place; the third one ends it."""
    region = Region({G5: NotReached("reset by peer")})
    with pytest.raises(NotReached):
        walked(region, [G5, G6])
    assert region.asked == [G5] * 3


@pytest.mark.parametrize(
    "error", [NotReached("no such host"), Locked("another run"), refusal("RequestLimitExceeded")]
)
def test_who_waits_waits_for_what_passes_as_well(error: GpuInfraError) -> None:
    """A laptop that sleeps for a minute, a plan in another terminal: they do not end two hours of waiting."""
    region = Region({G5: error})
    tries = 1 if isinstance(error, CloudError) and error.code else 3
    region.before = lambda pool: region.answers.update({G5: None}) if len(region.asked) > tries else None
    made, _ = walked(region, [G5], wait_s=HOUR_S)
    assert (made, len(region.asked)) == ("host in g5.xlarge on-demand", tries + 1)


def test_rounds_are_bounded_and_further_and_further_apart() -> None:
    """30 s, doubled up to 300 s; the last round is at the end of the time that was given, none after."""
    region = Region({})
    watch = Watch(FakeTime())
    with pytest.raises(NothingLeftError):
        walk(
            Places(left=[G5]), region, wait_s=1000.0, clock=watch.time.clock(), told=watch.told(),
            jitter=lambda: 1.0,
        )  # fmt: skip
    assert [pause.ends for pause in watch.pauses] == [30.0, 90.0, 210.0, 450.0, 750.0, 1000.0]
    assert {(pause.until, pause.places) for pause in watch.pauses} == {(1000.0, (G5,))}
    assert len(region.asked) == 7


def test_capacity_that_comes_back_is_taken_in_the_next_round() -> None:
    """In the same order."""
    region = Region({})
    region.before = lambda pool: region.answers.update({G5: None}) if len(region.asked) > 4 else None
    made, watch = walked(region, TWO_BY_TWO, wait_s=HOUR_S)
    assert (made, len(watch.pauses)) == ("host in g5.xlarge on-demand", 1)
    assert region.asked == [*TWO_BY_TWO, G5_SPOT, G6_SPOT, G5]


@pytest.mark.parametrize("seed", range(200))
def test_any_region(seed: int) -> None:
    """Whatever a region answers: the first host ends the walk, what is ruled out is never asked again.

    And the walk ends within its bound.
    """
    dice = random.Random(seed)
    zones = dice.choice([[""], ["us-east-1a", "us-east-1b"]])
    places = [in_zone(pool, zone) for pool in dice.sample(TWO_BY_TWO, dice.randint(1, 4)) for zone in zones]
    codes = [NO_CAPACITY, NO_CAPACITY, None, *(it for it in OF_CODE if it != NO_CAPACITY)]
    region, wait_s = Region({}), dice.choice([0.0, 100.0, 2000.0])
    region.before = lambda pool: region.answers.update(
        {pool: dice.choice(codes[: dice.randint(1, len(codes))])}
    )
    watch = Watch(FakeTime())
    try:
        made = walk(
            Places(left=list(places)), region, wait_s=wait_s, clock=watch.time.clock(), told=watch.told(),
            jitter=lambda: dice.uniform(0.8, 1.2),
        )  # fmt: skip
    except NothingLeftError:
        made = ""
    assert made == ("" if len(watch.refusals) == len(region.asked) else f"host in {region.asked[-1]}")
    assert watch.time.now_s <= wait_s
    assert len(region.asked) <= len(places) * (len(watch.pauses) + 1)
    for number, (one, _) in enumerate(watch.refusals):
        later = region.asked[number + 1 :]
        if one.why in (Verdict.NOT_OFFERED, Verdict.OVER_QUOTA, Verdict.PRICE_TOO_LOW):
            assert one.pool not in later
        if one.why is Verdict.OVER_QUOTA:
            assert bucket(one.pool) not in map(bucket, later)
