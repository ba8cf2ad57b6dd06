"""`stop` and `start`: EC2 does it, Terraform's record follows, and nobody is surprised."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.lifecycle import power, state_wait
from gpuinfra.ground.errors import (
    CloudError,
    Declined,
    GpuInfraError,
    HostError,
    Stopped,
)
from gpuinfra.ground.model import Host, Instance, Outcome
from gpuinfra.ground.world import World
from tests.fakes.host import MOVED_TO, FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeEventLog, FakeReporter, FakeTerraform, FakeTime
from tests.samples import host, refusal

STOPPED = dataclasses.replace(RUNNING, state="stopped", public_ip="")
REFRESHED = [("init",), ("refresh",)]


class SlowCloud(FakeCloud):
    """EC2 as it is: each change shows some looks later."""

    def __init__(self, *states: str, **parts: Any) -> None:
        super().__init__(**parts)
        self.states = list(states)

    def instance(self, instance_id: str) -> Instance | None:
        """Return the instance in the next state."""
        now = super().instance(instance_id)
        return dataclasses.replace(now, state=self.states.pop(0)) if now and self.states else now


def nothing(_: Host) -> list[str]:
    """Say that nothing runs there."""
    return []


def stop(world: World, *, yes: bool = True, running: power.Running = nothing) -> Instance:
    """Stop the host."""
    return power.stop(world, yes=yes, running=running)


def test_a_stop_waits_for_ec2_and_renews_the_record(tmp_path: Path) -> None:
    """The connection ends, EC2 is waited for, and the record is renewed, so that the next plan is empty."""
    terraform, ssh = FakeTerraform(Outcome(ok=True)), FakeSshClient(is_open=True)
    cloud = SlowCloud("running", "stopping", "stopping")
    time = FakeTime()
    world = fake_world(tmp_path, cloud=cloud, terraform=terraform, ssh=ssh, time=time)
    assert stop(world).state == "stopped"
    assert (cloud.calls, ssh.closed, terraform.calls) == ([("stop",)], [RUNNING.instance_id], REFRESHED)
    assert time.now_s == 2 * state_wait.POLL_S
    assert terraform.given["pool"] == {  # terraform.tfvars may ask for another market by now
        "instance_type": "g4dn.xlarge",
        "market": "on-demand",
        "zone": "us-east-1a",
    }


@pytest.mark.parametrize(
    ("state", "ends"), [("running", ["gpuinfra stop"]), ("stopping", []), ("stopped", [])]
)
def test_the_host_runs_its_hook_before_it_is_stopped(tmp_path: Path, state: str, ends: list[str]) -> None:
    """Over the connection that is ended afterwards; one that goes down already is not asked."""
    cloud, ended, log = FakeCloud(instance=dataclasses.replace(RUNNING, state=state)), [], FakeEventLog()

    def end_host(_: World, __: Host, reason: str) -> None:
        assert cloud.calls == []
        ended.append(reason)

    if state == "stopping":
        cloud = SlowCloud("stopping", "stopping", "stopped", instance=STOPPED)
    stop(fake_world(tmp_path, cloud=cloud, end_host=end_host, events=log))
    assert ended == ends
    assert log.noted == ([] if state == "stopped" else ["gpuinfra stop"])


def test_what_runs_there_is_said_before_the_question(tmp_path: Path) -> None:
    """No means no: a training of six hours does not end by a careless word."""
    cloud, reporter = FakeCloud(), FakeReporter(answer=False)
    with pytest.raises(Declined, match="nothing was stopped"):
        stop(
            fake_world(tmp_path, cloud=cloud, reporter=reporter),
            yes=False,
            running=lambda _: ["train", "top"],
        )
    assert reporter.said == ["still running on the host: train; top"]
    assert cloud.calls == []


def test_what_is_stopped_already_is_only_recorded(tmp_path: Path) -> None:
    """A host that ended by itself (`--then stop`) is not asked about; its record is renewed."""
    cloud, terraform, reporter = FakeCloud(instance=STOPPED), FakeTerraform(Outcome(ok=True)), FakeReporter()
    stop(fake_world(tmp_path, cloud=cloud, terraform=terraform, reporter=reporter), yes=False)
    assert (cloud.calls, terraform.calls, reporter.asked) == ([], REFRESHED, [])


def test_a_start_returns_the_host_at_its_new_address(tmp_path: Path) -> None:
    """EC2 gives another address at every start: it is recorded before the host is returned."""
    cloud, terraform = FakeCloud(instance=STOPPED), FakeTerraform(Outcome(ok=True))
    moved = dataclasses.replace(RECORDED, host=host(public_ip=MOVED_TO))
    world = fake_world(tmp_path, cloud=cloud, terraform=terraform, records=(RECORDED, moved))
    assert power.start(world).public_ip == MOVED_TO
    assert (cloud.calls, terraform.calls) == ([("start",)], REFRESHED)


def test_a_start_of_a_host_that_still_stops_waits_for_that_first(tmp_path: Path) -> None:
    """EC2 refuses to start a host that is stopping."""
    cloud = SlowCloud("stopping", "stopping", "stopping", "stopped", instance=STOPPED)
    power.start(fake_world(tmp_path, cloud=cloud))
    assert (cloud.calls, cloud.states) == ([("start",)], [])


def test_a_start_of_a_running_host_costs_nothing(tmp_path: Path) -> None:
    """It is not started twice; a new address is recorded."""
    cloud, terraform = FakeCloud(), FakeTerraform(Outcome(ok=True))
    power.start(fake_world(tmp_path, cloud=cloud, terraform=terraform))
    assert (cloud.calls, terraform.calls) == ([], REFRESHED)


def test_a_refused_start_changes_nothing(tmp_path: Path) -> None:
    """The refusal is passed on as it is; Terraform is not run."""
    terraform = FakeTerraform(Outcome(ok=True))
    cloud = FakeCloud(instance=STOPPED, refusals=[CloudError("none to give")])
    with pytest.raises(CloudError, match="none to give"):
        power.start(fake_world(tmp_path, cloud=cloud, terraform=terraform))
    assert terraform.calls == []


@pytest.mark.parametrize("instance", [None, dataclasses.replace(RUNNING, state="terminated")])
def test_a_host_that_is_gone_is_neither_stopped_nor_made_anew(
    instance: Instance | None, tmp_path: Path
) -> None:
    """A start is no `up`: a new, empty host is not what was asked for."""
    for act in (stop, power.start):
        cloud = FakeCloud(instance=instance)
        with pytest.raises(HostError, match="is gone"):
            act(fake_world(tmp_path, cloud=cloud))
        assert cloud.calls == []


def test_a_record_that_was_not_renewed_says_that_ec2_has_done_it(tmp_path: Path) -> None:
    """The user must know that the host is stopped, whatever Terraform says."""
    terraform = FakeTerraform(Outcome(ok=False, diagnostics=(refusal("UnauthorizedOperation"),)))
    with pytest.raises(
        GpuInfraError, match="EC2 has done it, but Terraform's record was not renewed: your AWS"
    ):
        stop(fake_world(tmp_path, terraform=terraform))


def test_up_starts_a_host_that_is_stopped(tmp_path: Path) -> None:
    """With --yes at once, else after a question; no leaves it stopped, with the command that starts it."""
    for yes in (True, False):
        cloud = FakeCloud(instance=STOPPED)
        power.started(fake_world(tmp_path, cloud=cloud), host(), yes=yes)
        assert cloud.calls == [("start",)]
    cloud = FakeCloud(instance=STOPPED)
    refusing = fake_world(tmp_path, cloud=cloud, reporter=FakeReporter(answer=False))
    with pytest.raises(Stopped) as caught:
        power.started(refusing, host(), yes=False)
    assert (caught.value.hint, cloud.calls) == ("gpuinfra start", [])


def test_up_leaves_a_running_host_alone(tmp_path: Path) -> None:
    """No question, no start, no second run of Terraform."""
    terraform, reporter = FakeTerraform(Outcome(ok=True)), FakeReporter(answer=False)
    found = power.started(fake_world(tmp_path, terraform=terraform, reporter=reporter), host(), yes=False)
    assert (found, terraform.calls, reporter.asked) == (host(), [], [])
