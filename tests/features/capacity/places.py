"""A region of fakes: what it has, by place; and AWS's words where it has none."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from gpuinfra.features.capacity.walk import FailedTry, NothingLeftError, Pause, Places, Told, walk
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.tools.aws.error_codes import refused
from tests.fakes.world import SETTINGS, FakeTime

NO_CAPACITY = "InsufficientInstanceCapacity"
G5_SPOT = Pool(instance_type="g5.xlarge", market="spot")
G5 = Pool(instance_type="g5.xlarge")
G6_SPOT = Pool(instance_type="g6.xlarge", market="spot")
G6 = Pool(instance_type="g6.xlarge")
TWO_BY_TWO = (G5_SPOT, G6_SPOT, G5, G6)


def refusal(code: str, words: str = "AWS's words", *, settings: Settings = SETTINGS) -> CloudError:
    """Return the error for a refusal of RunInstances."""
    error = refused(code, words, service="ec2", operation="RunInstances", settings=settings)
    assert isinstance(error, CloudError)
    return error


def in_zone(pool: Pool, zone: str) -> Pool:
    """Return the same place, in one zone."""
    return Pool(instance_type=pool.instance_type, market=pool.market, zone=zone)


class Region:
    """Answers a try as the test says: a code, an error to raise, or None for a host; remembers who asked."""

    def __init__(self, answers: Mapping[Pool, str | Exception | None], *, default: str = NO_CAPACITY) -> None:
        self.answers = dict(answers)
        self.default = default
        self.asked: list[Pool] = []
        self.words: dict[Pool, str] = {}
        self.before: Callable[[Pool], None] = lambda pool: None

    def __call__(self, pool: Pool) -> str:
        """Make a host there, or refuse."""
        self.asked.append(pool)
        self.before(pool)
        answer = self.answers.get(pool, self.default)
        if isinstance(answer, Exception):
            raise answer
        if answer:
            raise refusal(answer, self.words.get(pool, "AWS's words"))
        return f"host in {pool}"


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
    return list(caught.value.tries)
