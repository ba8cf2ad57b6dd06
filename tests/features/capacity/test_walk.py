"""The walk: order, bounds, what ends a place, and what ends it all."""

import random
from collections.abc import Sequence

import pytest

from gpuinfra.features.capacity.verdict import OF_CODE, Verdict, bucket
from gpuinfra.features.capacity.walk import NothingLeftError, Pause, Places, FailedTry, Told, walk
from gpuinfra.ground.errors import ConfigError, GpuInfraError, NotReached
from gpuinfra.ground.pool import Pool
from tests.fakes.world import FakeTime
from tests.features.capacity.places import (
    G5,
    G5_SPOT,
    G6,
    G6_SPOT,
    NO_CAPACITY,
    TWO_BY_TWO,
    Region,
    in_zone,
    refusal,
)

HOUR_S = 3600.0


class Watch:
    """Who is told: remembers it, and lets the time pass."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.refusals: list[tuple[FailedTry, tuple[Pool, ...]]] = []
        self.pauses: list[Pause] = []

    def told(self) -> Told:
        """Return it as the walk has it."""

        def rest(pause: Pause) -> None:
            self.pauses.append(pause)
            self.time.sleep(pause.ends - self.time.now_s)

        return Told(refused=lambda one, left: self.refusals.append((one, tuple(left))), rest=rest)


def walked(
    region: Region, places: Sequence[Pool], *, wait_s: float = 0.0, may_pin: bool = True
) -> tuple[str, Watch]:
    """Walk with a clock that only sleep moves."""
    watch = Watch(FakeTime())
    made = walk(
        Places(left=list(places), may_pin=may_pin),
        region,
        wait_s=wait_s,
        clock=watch.time.clock(),
        told=watch.told(),
        jitter=lambda: 1.0,
    )
    return made, watch


def exhausted(region: Region, places: Sequence[Pool], *, wait_s: float = 0.0) -> list[FailedTry]:
    """Walk in vain; return the refusals."""
    with pytest.raises(NothingLeftError) as caught:
        walked(region, places, wait_s=wait_s)
    return list(caught.value.refusals)


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


@pytest.mark.parametrize("code", ["VcpuLimitExceeded", "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow"])
def test_a_quota_or_a_price_is_never_waited_for(code: str) -> None:
    """Such a place is asked once; where all ended so, the wait ends at once."""
    assert len(exhausted(Region({G5_SPOT: code}), [G5_SPOT], wait_s=HOUR_S)) == 1


def test_a_quota_rules_out_all_of_its_family_and_market_that_is_no_smaller() -> None:
    """G5 and G6 share a quota; a smaller type may still fit, and so may another market or family."""
    large, p4 = Pool(instance_type="g5.12xlarge"), Pool(instance_type="p4d.24xlarge")
    region = Region({large: "VcpuLimitExceeded", G5: "VcpuLimitExceeded"})
    exhausted(region, [large, Pool(instance_type="g6.24xlarge"), G5, G6, G6_SPOT, p4])
    assert region.asked == [large, G5, G6_SPOT, p4]


def test_a_price_rules_out_the_type_as_spot_in_all_zones() -> None:
    """max_price is one for all zones, and for no on-demand host."""
    zones = [in_zone(G5_SPOT, "us-east-1a"), in_zone(G5_SPOT, "us-east-1b")]
    region = Region({zones[0]: "SpotMaxPriceTooLow"})
    exhausted(region, [*zones, G6_SPOT, G5])
    assert region.asked == [zones[0], G6_SPOT, G5]


def test_unsupported_rules_out_one_zone_for_ever() -> None:
    """In the next round the other one is asked alone."""
    a, b = in_zone(G5, "us-east-1a"), in_zone(G5, "us-east-1b")
    region = Region({a: "Unsupported"})
    exhausted(region, [a, b], wait_s=29.0)
    assert region.asked == [a, b, b]


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


def test_who_waits_waits_for_the_network_as_well() -> None:
    """A laptop that sleeps for a minute does not end two hours of waiting."""
    region = Region({G5: NotReached("no such host")})
    region.before = lambda pool: region.answers.update({G5: None}) if len(region.asked) > 3 else None
    made, _ = walked(region, [G5], wait_s=HOUR_S)
    assert (made, len(region.asked)) == ("host in g5.xlarge on-demand", 4)


def test_zones_that_aws_names_go_next_once() -> None:
    """Of an unpinned try and of one in a zone, before all other places; not again in a later round."""
    region = Region({})
    region.words[G5] = "You can currently get g5.xlarge capacity by choosing us-east-1b, us-east-1c."
    b, c = in_zone(G5, "us-east-1b"), in_zone(G5, "us-east-1c")
    exhausted(region, [G5, G6], wait_s=29.0)
    assert region.asked == [G5, b, c, G6, G5, G6]


def test_zones_that_the_user_did_not_name_are_not_gone_to() -> None:
    """`zones` is what may be; among them the one that AWS names goes first. Nor where a subnet is set."""
    a, b, c = (in_zone(G5, f"us-east-1{it}") for it in "abc")
    region = Region({})
    region.words[a] = (
        "by not specifying an Availability Zone in your request or choosing us-east-1c, us-east-1d."
    )
    exhausted(region, [a, b, c])
    assert region.asked == [a, c, b]
    region = Region({})
    region.words[G5] = "choosing us-east-1b."
    with pytest.raises(NothingLeftError):
        walked(region, [G5], may_pin=False)
    assert region.asked == [G5]


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
