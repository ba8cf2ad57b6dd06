"""What a refusal means for the place that was asked, and for those that are left. Pure."""

import re
from collections.abc import Iterable
from enum import Enum

from gpuinfra.ground.errors import CloudError, GpuInfraError, Locked, NotReached, TerraformError
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota_codes import quota_family


class Verdict(Enum):
    """What to do next; the value says it to the user."""

    NO_CAPACITY = "no capacity"  # the next place; this one again in the next round
    NOT_OFFERED = "not offered there"  # never here again
    OVER_QUOTA = "over the account's quota"  # nothing as large of that quota again
    PRICE_TOO_LOW = "max_price is below the spot price"  # not this type as spot again
    NO_ANSWER = "AWS did not answer"  # the same place again
    BUSY = "another run is working on this stack"  # as that
    NOT_NOW = "AWS could not do it at this moment"  # as no capacity
    STOP = "refused"  # no other place would do


# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
OF_CODE = {
    "InsufficientInstanceCapacity": Verdict.NO_CAPACITY,
    "InsufficientHostCapacity": Verdict.NO_CAPACITY,
    "InsufficientCapacity": Verdict.NO_CAPACITY,
    "UnfulfillableCapacity": Verdict.NO_CAPACITY,
    "Unsupported": Verdict.NOT_OFFERED,
    "VcpuLimitExceeded": Verdict.OVER_QUOTA,
    "MaxSpotInstanceCountExceeded": Verdict.OVER_QUOTA,
    "SpotMaxPriceTooLow": Verdict.PRICE_TOO_LOW,
} | dict.fromkeys(
    (
        *("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"),
        *("InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable", "RequestTimeout"),
    ),
    Verdict.NOT_NOW,
)
# Terraform's own word for it, before EC2 is asked (terraform/modules/host/outputs.tf).
NO_SUCH_ZONE = re.compile(r"Zone \S+ does not offer ")
# "... or choosing us-east-1b, us-east-1c.": where EC2 has what was asked for.
ADVICE = re.compile(r"choosing ((?:[a-z]{2}[a-z0-9-]*\d[a-z](?:, | or )?)+)")
SIZES = dict.fromkeys(("nano", "micro", "small", "medium", "large"), 0.5) | {"xlarge": 1.0}


def verdict(error: GpuInfraError) -> Verdict:
    """Return what an error of Terraform or AWS means."""
    if isinstance(error, NotReached):
        return Verdict.NO_ANSWER
    if isinstance(error, Locked):
        return Verdict.BUSY
    if isinstance(error, TerraformError) and NO_SUCH_ZONE.match(error.message):
        return Verdict.NOT_OFFERED
    return OF_CODE.get(error.code, Verdict.STOP) if isinstance(error, CloudError) else Verdict.STOP


def left(pools: Iterable[Pool], refused: Pool, why: Verdict) -> list[Pool]:
    """Return those that can still be asked, in this round or a later one."""
    return [pool for pool in pools if not _is_out(pool, refused, why)]


def advised_zones(text: str) -> list[str]:
    """Return the zones that EC2's refusal says have capacity."""
    found = ADVICE.search(text)
    return re.split(", | or ", found[1].removesuffix(" or ").removesuffix(", ")) if found else []


def bucket(pool: Pool) -> tuple[str, str]:
    """Return the quota of vCPUs that a place counts for; spot and on-demand have one each."""
    return quota_family(pool.instance_type, pool.market) or pool.instance_type, pool.market


def _is_out(pool: Pool, refused: Pool, why: Verdict) -> bool:
    if why is Verdict.NOT_OFFERED:
        return pool == refused
    if why is Verdict.PRICE_TOO_LOW:
        return (pool.instance_type, pool.market) == (refused.instance_type, refused.market)
    is_no_smaller = _size(pool.instance_type) >= _size(refused.instance_type)
    return why is Verdict.OVER_QUOTA and bucket(pool) == bucket(refused) and is_no_smaller


def _size(instance_type: str) -> float:
    """Return a size that grows with the vCPUs within a quota: an xlarge has 4, a 2xlarge 8, and so on."""
    name = instance_type.partition(".")[2]
    times = re.fullmatch(r"(\d+)xlarge", name)
    return float(times[1]) if times else SIZES.get(name, float("inf"))
