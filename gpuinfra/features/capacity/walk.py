"""The places asked one after the other, in rounds, until one has a host. Pure: what asks is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gpuinfra.features.capacity.verdict import Verdict, advised_zones, left, verdict
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import Clock

Made = TypeVar("Made")
# Between rounds, doubled each time: somebody else's host may end at any time.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 300.0
# A broken connection, or a plan in another terminal, says nothing about the place.
AGAIN = (Verdict.NO_ANSWER, Verdict.BUSY)
TRIES, BEFORE_NEXT_TRY_S = 3, 2.0
# A pause that ends so long after the end of the wait was that of a closed laptop.
SUSPENDED_S = 60.0


@dataclass(frozen=True, kw_only=True)
class FailedTry:
    """One try that brought no host: the number of the place in its round, and what AWS said."""

    pool: Pool
    number: int
    error: GpuInfraError
    why: Verdict
    took_s: float


@dataclass(frozen=True, kw_only=True)
class Pause:
    """What goes on between two rounds; in seconds of the clock. places: what the next one asks."""

    ends: float
    until: float
    places: tuple[Pool, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who is told of what happens: a refusal with what is left of its round, and a pause to be waited for."""

    refused: Callable[[FailedTry, Sequence[Pool]], None]
    rest: Callable[[Pause], None]


class NothingLeftError(Exception):
    """No place has a host, and the time is over or waiting would change nothing."""

    def __init__(self, tries: Sequence[FailedTry]) -> None:
        super().__init__()
        self.tries = tries


@dataclass(kw_only=True)
class Places:
    """What can still be asked, in this round and in all. may_pin: in zones that EC2 advises, too."""

    left: list[Pool]
    may_pin: bool = True
    round: list[Pool] = field(default_factory=list)
    advised: set[Pool] = field(default_factory=set)

    def refused(self, one: FailedTry) -> None:
        """Take out what the refusal rules out; what EC2 advises is asked next, once."""
        self.left = left(self.left, one.pool, one.why)
        self.round = left(self.round, one.pool, one.why)
        if one.why is Verdict.NO_CAPACITY:
            new = [pool for pool in self._advice(one) if pool not in self.advised]
            self.advised |= set(new)
            self.round = [*new, *(pool for pool in self.round if pool not in new)]

    def _advice(self, one: FailedTry) -> list[Pool]:
        pool = one.pool
        found = [
            Pool(instance_type=pool.instance_type, market=pool.market, zone=zone)
            for zone in advised_zones(one.error.message)
        ]
        return [it for it in found if it != pool and (it in self.round or (self.may_pin and not pool.zone))]


def walk(
    places: Places,
    ask: Callable[[Pool], Made],
    *,
    wait_s: float,
    clock: Clock,
    told: Told,
    jitter: Callable[[], float],
) -> Made:
    """Return what `ask` made in the first place that has a host; one round, or as many as fit in `wait_s`.

    jitter: a factor near 1 for each pause, so that many who wait do not ask at once.

    Raises:
        GpuInfraError: of `ask`, where no other place would do.
        NothingLeftError: no place has one.
    """
    until, pause_s, refusals = clock.now() + wait_s, FIRST_PAUSE_S, list[FailedTry]()
    while True:
        places.round, number = list(places.left), 0
        while places.round:
            number += 1
            found = _asked(places.round.pop(0), number, ask, clock)
            if not isinstance(found, FailedTry):
                return found
            if found.why is Verdict.STOP or (found.why in AGAIN and not wait_s):
                raise found.error  # who waits for hours waits for a network as well
            refusals.append(found)
            places.refused(found)
            told.refused(found, tuple(places.round))
        now = clock.now()
        if not places.left or now + 1 > until:
            raise NothingLeftError(refusals)
        ends = now + min(pause_s * jitter(), until - now)
        told.rest(Pause(ends=ends, until=until, places=tuple(places.left)))
        if clock.now() > until + SUSPENDED_S:  # nobody reckons with a host by now
            raise NothingLeftError(refusals)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def _asked(pool: Pool, number: int, ask: Callable[[Pool], Made], clock: Clock) -> Made | FailedTry:
    """Ask in one place; again where the line broke."""
    for tries_left in reversed(range(TRIES)):
        began = clock.now()
        try:
            return ask(pool)
        except GpuInfraError as error:
            refused = FailedTry(
                pool=pool, number=number, error=error, why=verdict(error), took_s=clock.now() - began
            )
        if refused.why not in AGAIN:
            break
        if tries_left:
            clock.sleep(BEFORE_NEXT_TRY_S)
    return refused
