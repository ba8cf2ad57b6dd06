"""Schedules of EventBridge Scheduler: found by their stack, read, and moved to another time.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.model import CloudResource, ScheduleStart, Tags
from gpuinfra.tools.aws.asking import Asking, items, tagged_as
from gpuinfra.tools.aws.client import client

# All that UpdateSchedule takes: what is not given again is forgotten.
KEPT = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Target",
)


def search(ec2: Any, tags: Tags, known: Collection[str], asking: Asking) -> Iterator[CloudResource]:
    """Find the groups of schedules of a stack; who may not ask, or where there is no scheduler, has none."""
    scheduler, marks = client("scheduler", ec2.meta.region_name), tags.of_any_owner()
    with asking("scheduler", is_told=False), suppress(boto.EndpointConnectionError):
        for raw in items(
            scheduler, "list_schedule_groups", "ScheduleGroups", NamePrefix=f"gpuinfra-{tags.stack}-"
        ):
            if raw["Name"] in known or raw.get("State") == "DELETING":
                continue
            owner = tagged_as(scheduler.list_tags_for_resource(ResourceArn=raw["Arn"]), marks)
            if owner is not None:
                kind = "aws_scheduler_schedule_group"
                yield CloudResource(kind=kind, resource_id=raw["Name"], owner=owner)


def start(region: str, schedule_id: str) -> ScheduleStart | None:
    """Return when a schedule begins; schedule_id: as Terraform has it, GROUP/NAME.

    None: there is none, or somebody has switched it off, or let it end: Terraform mends that.

    Raises:
        boto.ClientError: AWS refuses.
    """
    found = _read(client("scheduler", region), schedule_id)
    if found is None or not found.get("StartDate") or found.get("State") == "DISABLED":
        return None
    answered = found["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    now = parsedate_to_datetime(answered) if answered else datetime.now(UTC)
    if (ends := found.get("EndDate")) and ends <= max(now, found["StartDate"]):
        return None
    return ScheduleStart(begins=found["StartDate"].timestamp(), now=now.timestamp())


def move(region: str, schedule_id: str, begins: float) -> None:
    """Let a schedule begin at another time, in seconds since 1970; all else stays.

    Raises:
        boto.ClientError: AWS refuses: there is no such schedule, or the time is more than 5 minutes ago.
    """
    scheduler = client("scheduler", region)
    group, name = schedule_id.split("/")
    found = scheduler.get_schedule(GroupName=group, Name=name)
    kept = {key: found[key] for key in KEPT if found.get(key) is not None}
    scheduler.update_schedule(**kept, StartDate=datetime.fromtimestamp(begins, UTC))


def _read(scheduler: Any, schedule_id: str) -> dict[str, Any] | None:
    group, _, name = schedule_id.partition("/")
    try:
        found: dict[str, Any] = scheduler.get_schedule(GroupName=group, Name=name)
    except boto.ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
        return None
    return found
