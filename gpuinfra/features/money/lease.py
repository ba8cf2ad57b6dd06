"""The lease: what a host may cost or how long it may run, what of it is used, and when AWS ends it. Pure.

Times are seconds since 1970 (UTC), by AWS's clock. An amount is USD, or hours for a lease of max_hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gpuinfra.features.money.rates import HOUR_S
from gpuinfra.ground.model import Instance, Record, ScheduleStart, Settings

# The scheduler calls up to a minute late: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
MARGIN_S = 60.0
# Less than this is not worth a boot: such a lease counts as used up.
LEAST_S = 300.0
# An end that would come later by less stays where it is.
WORTH_MOVING_S = 30.0
DAY_S = 86400.0
# A lease, and stopped_days, end then at the latest: no calendar has the year that a million dollars of a
# small host reach. As in terraform/modules/host/lease.tf.
LONGEST_S = 3650 * DAY_S
# From the end of the lease on: when each stage begins, as in terraform/modules/host/lease.tf.
STOP, CUT_OFF, TERMINATE = "stop", "cut-off", "terminate"
CUT_OFF_AFTER_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What the owner wrote down: max_usd or max_hours, one of them."""

    max_usd: float | None = None
    max_hours: float | None = None
    stopped_days: float | None = None

    @property
    def limit(self) -> float:
        """Return the amount at which it ends."""
        return self.max_usd if self.max_usd is not None else self.max_hours or 0.0

    @property
    def is_of_money(self) -> bool:
        """Tell whether it needs prices."""
        return self.max_usd is not None

    def text(self, amount: float | None) -> str:
        """Return an amount with its unit."""
        number = "unknown" if amount is None else f"{amount:.2f}"
        return f"{number} {'USD' if self.is_of_money else 'hours'}"

    def stages(self, end: float) -> dict[str, float]:
        """Return when each stage begins, if the lease ends at this time."""
        days = (
            {} if self.stopped_days is None else {TERMINATE: end + min(self.stopped_days * DAY_S, LONGEST_S)}
        )
        return {STOP: end, CUT_OFF: end + CUT_OFF_AFTER_S, **days}


@dataclass(frozen=True, kw_only=True)
class LeaseUse:
    """How much of a lease is used, and how much an hour of running uses; None: unknown, and why."""

    used: float | None
    an_hour: float | None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class LeaseNow:
    """A lease of a host as it is now; start: when AWS ends the host, None if AWS has no such schedule.

    untold: why AWS does not say it, if so.
    """

    lease: Lease
    use: LeaseUse
    start: ScheduleStart | None
    instance: Instance
    untold: str = ""


def wanted(settings: Settings) -> Lease | None:
    """Return what terraform.tfvars says."""
    if settings.max_usd is None and settings.max_hours is None:
        return None
    return Lease(max_usd=settings.max_usd, max_hours=settings.max_hours, stopped_days=settings.stopped_days)


def applied(record: Record) -> Lease | None:
    """Return what was applied last: the sum that the user agreed to."""
    raw = record.outputs.get("lease")
    if not isinstance(raw, Mapping):
        return None
    values = {name: _number(raw.get(name)) for name in ("max_usd", "max_hours", "stopped_days")}
    return Lease(**values) if values["max_usd"] or values["max_hours"] else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def left_s(lease: Lease, use: LeaseUse) -> float | None:
    """Return how long the host may run on from now, in seconds; None where a price is unknown."""
    if use.used is None or use.an_hour is None:
        return None
    left = max(0.0, lease.limit - use.used)
    return min(left / use.an_hour * HOUR_S, LONGEST_S) if use.an_hour else LONGEST_S


def end(lease: Lease, use: LeaseUse, *, now: float) -> float | None:
    """Return when a host that runs from now on has to end, so that it never uses more than its lease."""
    left = left_s(lease, use)
    return None if left is None else now + max(0.0, left - MARGIN_S)


def is_used_up(lease: Lease, use: LeaseUse) -> bool:
    """Tell whether nothing is left that would be worth a start."""
    left = left_s(lease, use)
    return left is not None and left < LEAST_S


def stays(start: ScheduleStart, end: float) -> bool:
    """Tell whether an end is left where it is: it would hardly move, or is over and would never come."""
    is_over = end <= start.now and start.begins <= start.now
    return is_over or 0 <= end - start.begins < WORTH_MOVING_S
