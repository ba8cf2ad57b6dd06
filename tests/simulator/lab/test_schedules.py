"""Schedules end real hosts: one that froze, and one that does not hear the power button."""

import json
import time
from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from tests.simulator.aws import client
from tests.simulator.lab.instances import Guest, LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e


def each_minute(instances: LabInstances, name: str, **given: Any) -> None:
    """Stop an instance each minute from now on, as a lease does."""
    client("scheduler", instances.lab.simulator).create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minutes)",
        StartDate=time.time(),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
            "RoleArn": "arn:aws:iam::123456789012:role/x",
            "Input": json.dumps(given),
        },
    )


def log_of(guest: Guest) -> str:
    """Return what the lab has done."""
    return (guest.instances.lab.directory / "lab.log").read_text(encoding="utf-8")


def is_off(guest: Guest) -> bool:
    """Tell whether the host itself has ended, however."""
    return any(f"{guest.id} {end}" in log_of(guest) for end in ("powered off", "crashed"))


def test_a_frozen_host_is_stopped_although_the_first_stop_was_lost(instances: LabInstances) -> None:
    """All that runs there is stopped by SIGSTOP, a guard too; the event log says who ended it, and when."""
    sim = instances.lab.simulator
    guest = instances.launch(InstanceType="t3.medium").wait_until_booted()
    guest.ssh("sudo systemd-run --quiet sh -c 'sleep 1; kill -STOP -1'")
    sim.fault(Fault(match="StopInstances", status=500, code="InternalError"))
    each_minute(instances, "stop", InstanceIds=[guest.id])
    wait_until(
        lambda: [call.fault for call in sim.calls("StopInstances")] == ["InternalError"], "a lost call"
    )
    assert guest.state == "running"
    began = time.time()
    sim.schedules_ahead(61)
    wait_until(lambda: is_off(guest), "the host to end, by itself or by EC2's patience")
    assert guest.state == "stopped"
    event = sim.events()[-1]
    assert (event["state"], event["by"], event["instance_id"]) == ("stopped", "scheduler", guest.id)
    assert began <= event["time"] <= time.time()


def test_a_host_that_hangs_is_cut_off(instances: LabInstances) -> None:
    """It stays `stopping` and runs on, until a stop that does not ask its system: as if the power failed."""
    sim = instances.lab.simulator
    guest = instances.launch(InstanceType="t3.medium").wait_until_booted()
    sim.hang(guest.id)
    each_minute(instances, "stop", InstanceIds=[guest.id])
    guest.wait_for_state("stopping")
    assert guest.ssh("echo there") == "there"
    each_minute(instances, "cut-off", InstanceIds=[guest.id], SkipOsShutdown=True)
    wait_until(lambda: is_off(guest), "the power to be cut")
    assert guest.state == "stopped"
    assert f"{guest.id}: kill it" in log_of(guest)
