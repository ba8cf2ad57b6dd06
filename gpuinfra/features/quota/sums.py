"""The quota of a place to ask for a host: how much there is, how much is in use, how much is missing.

A refusal is no end here: what AWS does not tell is None, and why stands beside it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TypeAlias, TypeVar

from gpuinfra.ground import threads
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.quota import QuotaSource as QuotaSource
from gpuinfra.ground.quota import RunningVcpus
from gpuinfra.ground.quota_codes import quota_code, quota_family

T = TypeVar("T")
Told: TypeAlias = tuple[T | None, str]  # None: not told, and why
NO_CODE = "AWS publishes no quota for this family and market"
# What the hint of a refusal for want of rights begins with.
TO_ASK = "ask your AWS administrator to "


@dataclass(frozen=True, kw_only=True)
class QuotaSum:
    """What one host needs of a quota, in vCPUs. None: not known, and `unsure` says why.

    code: None where AWS publishes no quota for this family and market.
    is_unsold: the region, for certain, has no such type.
    """

    instance_type: str
    market: str
    family: str
    code: str | None
    limit: float | None = None
    in_use: int | None = None
    needed: int | None = None
    unsure: str = ""
    is_unsold: bool = False

    @property
    def free(self) -> float | None:
        """Return the vCPUs that are left; below 0 where a quota was lowered under what runs."""
        return None if self.limit is None or self.in_use is None else self.limit - self.in_use

    @property
    def missing(self) -> float | None:
        """Return how many vCPUs are missing for one more host; 0: it fits. None: not known."""
        if self.limit is not None and self.needed is not None and self.needed > self.limit:
            return self.needed + (self.in_use or 0) - self.limit  # whatever else runs: it does not fit
        return None if self.free is None or self.needed is None else max(0.0, self.needed - self.free)

    @property
    def is_lacking(self) -> bool:
        """Tell whether AWS would refuse this host for certain."""
        return bool(self.missing)

    @property
    def text(self) -> str:
        """Return the sum in words: quota 0 vCPUs of G and VT on-demand, 0 in use, 4 needed."""
        family = f"{self.family or self.instance_type} {self.market}"
        if self.limit is None:
            return f"quota of {family}: not sure: {self.unsure}"
        in_use = "how many are in use is not known" if self.in_use is None else f"{self.in_use} in use"
        needed = f", {self.needed} needed for {self.instance_type}" if self.needed is not None else ""
        return f"quota {vcpus_text(self.limit)} vCPUs of {family}, {in_use}{needed}"

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {**asdict(self), "free": self.free, "missing": self.missing}


def check(source: QuotaSource, pools: Sequence[Pool], *, without: Collection[str] = ()) -> list[QuotaSum]:
    """Return the sum of each place, in order; places that differ in their zone alone have one.

    without: hosts, by id, that the one asked for takes the place of: they are not in use.
    Each quota, and what runs, is asked for once, all at the same time.
    """
    asked = list(dict.fromkeys((pool.instance_type, pool.market) for pool in pools))
    codes = {code: None for pair in asked if (code := quota_code(*pair))}
    names = sorted({name for name, _ in asked})
    running = threads.begin(partial(_told, source.running if codes else list))
    vcpus = threads.begin(partial(_told, partial(source.vcpus, names)))
    asked_for = {code: threads.begin(partial(_limit, source, code)) for code in codes}
    limits = {code: future.result() for code, future in asked_for.items()}
    all_running, why = running.result()
    others = None if all_running is None else [it for it in all_running if it.instance_id not in without]
    return [
        _sum(
            pair,
            (code := quota_code(*pair)),
            limits.get(code or "", (None, NO_CODE)),
            (others, why),
            vcpus.result(),
        )
        for pair in asked
    ]


def vcpus_text(vcpus: float) -> str:
    """Return a number of vCPUs in full: AWS has them as floating point, and there are quotas of millions."""
    return f"{vcpus:.10g}"


def in_use(running: Sequence[RunningVcpus], code: str) -> int:
    """Return how many vCPUs count against a quota."""
    return sum(one.vcpus for one in running if quota_code(one.instance_type, one.market) == code)


def _sum(
    pair: tuple[str, str],
    code: str | None,
    limit: Told[float],
    running: Told[Sequence[RunningVcpus]],
    vcpus: Told[Mapping[str, int]],
) -> QuotaSum:
    name, market = pair
    needed = (vcpus[0] or {}).get(name)
    no_type = "" if needed is not None or vcpus[0] is None else f"the region does not sell {name}"
    return QuotaSum(
        instance_type=name,
        market=market,
        family=quota_family(name, market),
        code=code,
        limit=limit[0],
        in_use=None if running[0] is None or code is None else in_use(running[0], code),
        needed=needed,
        unsure=limit[1] or running[1] or vcpus[1] or no_type,
        is_unsold=bool(no_type),
    )


def _limit(source: QuotaSource, code: str) -> Told[float]:
    return _told(partial(source.limit, code))


def _told(ask: Callable[[], T]) -> Told[T]:
    """Return what AWS tells, else None and why it does not."""
    try:
        return ask(), ""
    except GpuInfraError as error:
        return None, error.hint.removeprefix(TO_ASK) if error.hint.startswith(TO_ASK) else error.message
