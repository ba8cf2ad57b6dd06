"""The calls of our own to EventBridge Scheduler, against the simulated API."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import CloudResource
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from tests.fakes.world import SETTINGS
from tests.simulator.aws import client

GROUP = "gpuinfra-default-1"


@pytest.fixture
def aws(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)


def made(sim: Simulator, tags: dict[str, str], begins: float = 0.0) -> Any:
    """Make a group with one schedule; return the client."""
    scheduler = client("scheduler", sim)
    scheduler.create_schedule_group(Name=GROUP, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    scheduler.create_schedule(
        Name="stop-1",
        GroupName=GROUP,
        Description="of a test",
        ScheduleExpression="rate(1 minutes)",
        StartDate=begins or time.time() + 3600,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
            "RoleArn": "arn:aws:iam::123456789012:role/x",
            "Input": json.dumps({"InstanceIds": ["i-0123456789abcdef0"]}),
            "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        },
    )
    return scheduler


def test_a_schedule_is_moved_and_all_else_of_it_stays(aws: Aws, sim: Simulator) -> None:
    """AWS forgets what an update does not say again: target, role, rate, retries."""
    begins = float(int(time.time())) + 7200
    scheduler = made(sim, SETTINGS.tags.as_dict())
    before = scheduler.get_schedule(GroupName=GROUP, Name="stop-1")
    aws.move_schedule(f"{GROUP}/stop-1", begins)
    after = scheduler.get_schedule(GroupName=GROUP, Name="stop-1")
    changing = ("StartDate", "LastModificationDate", "ResponseMetadata")
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    start = aws.schedule_start(f"{GROUP}/stop-1")
    assert start
    assert start.begins == begins
    assert abs(start.now - time.time()) < 60, "AWS's own clock"


@pytest.mark.parametrize("name", [f"{GROUP}/stop-2", "gpuinfra-default-2/stop-1"])
def test_a_schedule_that_is_not_there_is_none(name: str, aws: Aws, sim: Simulator) -> None:
    """Somebody has removed it, or its group."""
    made(sim, SETTINGS.tags.as_dict())
    assert aws.schedule_start(name) is None


def test_a_refusal_is_told(aws: Aws, sim: Simulator) -> None:
    """With what AWS says is not allowed."""
    made(sim, SETTINGS.tags.as_dict())
    message = "User: x is not authorized to perform: scheduler:GetSchedule on resource: y"
    sim.fault(
        Fault(match="scheduler:GET /schedules/*", status=403, code="AccessDeniedException", message=message)
    )
    with pytest.raises(CloudError, match="scheduler:GetSchedule"):
        aws.schedule_start(f"{GROUP}/stop-1")


def test_a_group_is_found_by_its_tags_and_removed(aws: Aws, sim: Simulator) -> None:
    """One that is known is none; one of another stack, or without our tags, is not ours."""
    scheduler = made(sim, SETTINGS.tags.as_dict())
    scheduler.create_schedule_group(Name="gpuinfra-default-others", Tags=[{"Key": "team", "Value": "blue"}])
    (found,) = aws.inventory(SETTINGS.tags, ()).found
    assert found == CloudResource(
        kind="aws_scheduler_schedule_group", resource_id=GROUP, owner=SETTINGS.owner
    )
    assert aws.inventory(SETTINGS.tags, (GROUP,)).found == ()
    assert aws.remove(found)
    assert sim.leftovers()["schedule_groups"] == ["gpuinfra-default-others"]


def test_who_may_not_list_groups_is_not_bothered(aws: Aws, sim: Simulator) -> None:
    """Most users have no lease, and no right for it."""
    sim.fault(
        Fault(match="scheduler:GET /schedule-groups*", status=403, code="AccessDeniedException", count=None)
    )
    made(sim, SETTINGS.tags.as_dict())
    inventory = aws.inventory(SETTINGS.tags, ())
    assert (inventory.found, inventory.unasked) == ((), ())


def test_a_schedule_that_somebody_has_switched_off_ends_nothing(aws: Aws, sim: Simulator) -> None:
    """It is as none: `status` says so, and nothing is started without it."""
    scheduler = made(sim, SETTINGS.tags.as_dict())
    assert aws.schedule_start(f"{GROUP}/stop-1")
    told = scheduler.get_schedule(GroupName=GROUP, Name="stop-1")
    names = ("Name", "GroupName", "ScheduleExpression", "StartDate", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: told[name] for name in names}, State="DISABLED")
    assert aws.schedule_start(f"{GROUP}/stop-1") is None
    past = {
        "StartDate": told["StartDate"] - timedelta(days=9),
        "EndDate": told["StartDate"] - timedelta(days=8),
    }
    scheduler.update_schedule(**{**{name: told[name] for name in names}, **past}, State="ENABLED")
    assert aws.schedule_start(f"{GROUP}/stop-1") is None
