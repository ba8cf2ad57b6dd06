"""EventBridge Scheduler in the simulator: what is due is called, as AWS would, and the event log says so."""

import json
import time
from typing import TYPE_CHECKING, Any

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import client, launch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

STOP = "arn:aws:scheduler:::aws-sdk:ec2:stopInstances"
HOUR_S = 3600


def schedule(
    sim: Simulator, expression: str, *, target: str = STOP, begins_in_s: float = 0, **given: Any
) -> str:
    """Make a schedule; return its name."""
    name = f"s{time.time_ns()}"
    client("scheduler", sim).create_schedule(
        Name=name,
        ScheduleExpression=expression,
        StartDate=time.time() + begins_in_s,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target, "RoleArn": "arn:aws:iam::123456789012:role/x", "Input": json.dumps(given)},
    )
    return name


def state(ec2: "EC2Client", instance_id: str) -> str:
    """Return what EC2 says."""
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return found["State"]["Name"]


def changes(sim: Simulator) -> list[tuple[str, str]]:
    """Return what happened to instances, and by whom."""
    return [(event["state"], event["by"]) for event in sim.events()]


def test_a_rate_calls_at_its_start_and_again(sim: Simulator, ec2: "EC2Client") -> None:
    """A start after it is undone a minute later; nothing happens before its start date."""
    instance_id = launch(ec2)["InstanceId"]
    schedule(sim, "rate(1 minutes)", begins_in_s=HOUR_S, InstanceIds=[instance_id])
    sim.schedules_ahead(HOUR_S - 60)
    ec2.describe_instances()
    assert sim.calls("StopInstances") == []
    sim.schedules_ahead(HOUR_S + 1)
    wait_until(lambda: state(ec2, instance_id) == "stopped", "the schedule stops it")
    ec2.start_instances(InstanceIds=[instance_id])
    sim.schedules_ahead(HOUR_S + 62)
    wait_until(lambda: state(ec2, instance_id) == "stopped", "the schedule stops it again")
    assert changes(sim) == [
        ("running", "api"),
        ("stopped", "scheduler"),
        ("running", "api"),
        ("stopped", "scheduler"),
    ]


def test_a_lost_call_is_made_again_a_minute_later(sim: Simulator, ec2: "EC2Client") -> None:
    """The first stop is swallowed; faults hit what a schedule calls, too."""
    instance_id = launch(ec2)["InstanceId"]
    sim.fault(Fault(match="StopInstances", status=500, code="InternalError"))
    schedule(sim, "rate(1 minutes)", InstanceIds=[instance_id])
    wait_until(lambda: len(sim.calls("StopInstances")) == 1, "the first call")
    assert state(ec2, instance_id) == "running"
    sim.schedules_ahead(61)
    wait_until(lambda: state(ec2, instance_id) == "stopped", "the second call")
    assert [call.fault for call in sim.calls("StopInstances")] == ["InternalError", ""]


def test_a_host_that_hangs_is_cut_off_by_the_second_stage_only(sim: Simulator, ec2: "EC2Client") -> None:
    """A stop that its system has to carry out leaves it stopping; SkipOsShutdown ends it."""
    instance_id = launch(ec2)["InstanceId"]
    sim.hang(instance_id)
    schedule(sim, "rate(1 minutes)", InstanceIds=[instance_id])
    wait_until(lambda: state(ec2, instance_id) == "stopping", "the first stage")
    schedule(sim, "rate(1 minutes)", InstanceIds=[instance_id], SkipOsShutdown=True)
    wait_until(lambda: state(ec2, instance_id) == "stopped", "the second stage")
    assert changes(sim)[-1] == ("stopped", "scheduler")
    assert sim.machines()[0].power_cut


def test_once_is_once_and_what_is_off_or_over_is_not_called(sim: Simulator, ec2: "EC2Client") -> None:
    """at(...) calls once, a disabled or deleted schedule never."""
    instance_id = launch(ec2)["InstanceId"]
    off = schedule(sim, "rate(1 minutes)", begins_in_s=HOUR_S, InstanceIds=[instance_id])
    client("scheduler", sim).delete_schedule(Name=off)
    terminate = STOP.replace("stopInstances", "terminateInstances")
    soon = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + HOUR_S))
    schedule(sim, f"at({soon})", target=terminate, InstanceIds=[instance_id])
    sim.schedules_ahead(HOUR_S + 1)
    wait_until(lambda: state(ec2, instance_id) == "terminated", "the one call")
    sim.schedules_ahead(HOUR_S + 200)
    second = launch(ec2)["InstanceId"]
    schedule(sim, "rate(1 minutes)", InstanceIds=[second])
    wait_until(lambda: state(ec2, second) == "stopped", "another schedule, later")
    assert len(sim.calls("TerminateInstances")) == 1
    assert len(sim.calls("StopInstances")) == 1


def test_what_is_stopped_already_was_stopped_when_it_was(sim: Simulator, ec2: "EC2Client") -> None:
    """A stop each minute does not renew the reason and the time of the first."""
    instance_id = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[instance_id])
    before = ec2.describe_instances()["Reservations"][0]["Instances"][0]["StateTransitionReason"]
    stopped = int(time.time())
    wait_until(lambda: int(time.time()) > stopped, "another second: the reason holds seconds")
    ec2.stop_instances(InstanceIds=[instance_id])
    now = ec2.describe_instances()["Reservations"][0]["Instances"][0]["StateTransitionReason"]
    assert now == before
