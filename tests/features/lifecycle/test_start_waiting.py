"""A plain `start` of a host that waits for capacity by an earlier `start --when-available`."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import power
from gpuinfra.ground.errors import CloudError
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.later_starts import FakeLaterStarts
from tests.fakes.world import RECORDED, RUNNING, FakeReporter
from tests.features.lifecycle.account import OWN
from tests.features.lifecycle.moving import OLD, Scene, scene

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)
STOPPED = dataclasses.replace(RUNNING, state="stopped", launched="2026-11-29T10:00:00Z", public_ip="")
LEASED = dataclasses.replace(
    RECORDED, resources={**RECORDED.resources, 'module.host.aws_scheduler_schedule.lease["stop"]': "g/stop-1"}
)


class NoRoom(FakeCloud):
    """EC2 without capacity."""

    def start(self, instance_id: str) -> None:
        """Refuse."""
        super().start(instance_id)
        error = CloudError("AWS has no g4dn.xlarge to give right now")
        error.code = "InsufficientInstanceCapacity"
        raise error


def test_a_start_that_is_refused_lets_it_wait_on(tmp_path: Path) -> None:
    """Typed in hope at night: what AWS tries until the morning lives on, and is told."""
    later, reporter = FakeLaterStarts(waits_until=NOW.timestamp()), FakeReporter()
    world = fake_world(tmp_path, cloud=NoRoom(instance=STOPPED), later_starts=later, reporter=reporter)
    with pytest.raises(CloudError, match="no g4dn"):
        power.start(world)
    assert later.ended == []
    assert any("waits on for capacity until" in line for line in reporter.said)


def test_a_start_that_succeeds_ends_it(tmp_path: Path) -> None:
    """Nothing is left at AWS; one that cannot be removed, and starts no host that has run, is told."""
    for refusal in (None, CloudError("may not do states:ListStateMachines")):
        later, reporter = FakeLaterStarts(waits_until=9e9, refusal=refusal), FakeReporter()
        cloud = FakeCloud(instance=STOPPED)
        power.start(fake_world(tmp_path, cloud=cloud, later_starts=later, reporter=reporter))
        assert later.ended == ([] if refusal else [RUNNING.instance_id])
        assert any("was not removed" in line for line in reporter.said) == bool(refusal)


def test_it_does_not_outlive_the_lease(tmp_path: Path) -> None:
    """A refused start moves the lease's end, by a price that rose: nothing starts a host after it."""
    now_s = NOW.timestamp()
    later = FakeLaterStarts(waits_until=now_s + 7200)
    cloud = NoRoom(instance=STOPPED, schedules={"g/stop-1": now_s + 3600}, now=now_s)
    with pytest.raises(CloudError, match="no g4dn"):
        power.start(fake_world(tmp_path, cloud=cloud, later_starts=later, records=(LEASED,)))
    assert later.ended == [RUNNING.instance_id]


def waiting(directory: Path, later: FakeLaterStarts) -> Scene:
    """Return a host that waits, whose zone is full."""
    it = scene(directory)
    return dataclasses.replace(it, world=dataclasses.replace(it.world, later_starts=lambda *_: later))


def test_before_it_goes_elsewhere_nothing_waits_any_more(tmp_path: Path) -> None:
    """Else AWS could start the old host beside the new one; without a yes it waits on."""
    later = FakeLaterStarts(waits_until=9e9)
    it = waiting(tmp_path, later)
    with pytest.raises(CloudError, match="no g4dn"):
        power.start(it.world, it.elsewhere(moves=True, yes=False))
    assert (later.ended, it.account.log.count("CreateImage")) == ([], 0)
    power.start(it.world, it.elsewhere(moves=True, yes=True))
    assert later.ended == [OLD]
    assert it.running.instance_id != OLD


def test_a_host_that_aws_starts_meanwhile_stays_where_it_is(tmp_path: Path) -> None:
    """It is looked at again once nothing can start it: its disk is not copied, it runs."""

    class Started(FakeLaterStarts):
        def end(self, stack: str, instance_id: str) -> bool:
            it.account.full.discard((it.account.instances[OLD].instance_type, OWN))
            it.account.start(OLD)
            return super().end(stack, instance_id)

    it = waiting(tmp_path, Started(waits_until=9e9))
    power.start(it.world, it.elsewhere(moves=True, yes=True))
    assert (it.running.instance_id, it.account.log.count("CreateImage")) == (OLD, 0)


def test_what_aws_does_not_tell_hides_no_refusal(tmp_path: Path) -> None:
    """The user is told why the host does not start, and that the rest is not known."""
    later, reporter = FakeLaterStarts(refusal=CloudError("busy")), FakeReporter()
    world = fake_world(tmp_path, cloud=NoRoom(instance=STOPPED), later_starts=later, reporter=reporter)
    with pytest.raises(CloudError, match="no g4dn"):
        power.start(world)
    assert any("is not known: busy" in line for line in reporter.said)
