"""A region of fakes: what it has, by place; and AWS's words where it has none."""

from collections.abc import Callable, Mapping

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.tools.aws.error_codes import refused
from tests.fakes.world import SETTINGS

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
