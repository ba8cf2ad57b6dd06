"""The stages of a lease at AWS, moved together: none ends the host before the one that asks its system."""

from collections.abc import Mapping

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money.lease import STOP, WORTH_MOVING_S, Lease
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.model import ScheduleStart
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud

NO_SUCH = "ResourceNotFoundException"


def move(
    cloud: Cloud, ids: Mapping[str, str], lease: Lease, start: ScheduleStart, end: float, stack: str
) -> ScheduleStart:
    """Move all stages; the host is never cut off, or terminated, before it is stopped, not even meanwhile.

    Raises:
        HostError: somebody has removed one.
    """
    if leases.stays(start, end):
        _follow(cloud, ids, lease, start, stack)
        return start
    stages = lease.stages(max(end, start.now))
    for stage in reversed(stages) if end > start.begins else stages:
        if stage in ids:
            _move_stage(cloud, stage, ids[stage], stages[stage], stack)
    return ScheduleStart(begins=stages[STOP], now=start.now)


def _follow(cloud: Cloud, ids: Mapping[str, str], lease: Lease, start: ScheduleStart, stack: str) -> None:
    """Move what is not where the stop is: a failed apply leaves one at the old end."""
    for stage, begins in lease.stages(start.begins).items():
        there = cloud.schedule_start(ids[stage]) if stage != STOP and stage in ids else None
        if there and begins > start.now and abs(there.begins - begins) > WORTH_MOVING_S:
            _move_stage(cloud, stage, ids[stage], begins, stack)


def _move_stage(cloud: Cloud, stage: str, schedule_id: str, begins: float, stack: str) -> None:
    try:
        cloud.move_schedule(schedule_id, begins)
    except CloudError as error:
        if error.code != NO_SUCH:
            raise
        message = f"AWS has no schedule {stage!r} of the lease any more: somebody has removed it"
        raise HostError(message, hint=f"{command('up', stack)}   # makes it again") from None
