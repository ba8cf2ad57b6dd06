"""`start --when-available --until TIME`, and what ends it."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.lifecycle import hosts, power, start_later
from gpuinfra.features.lifecycle.other_places import OtherPlaces
from gpuinfra.features.provision import status
from gpuinfra.features.provision.down import destroy
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.later_starts import FakeLaterStarts
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeReporter, FakeValues

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)
STOPPED = dataclasses.replace(RUNNING, state="stopped", launched="2026-11-29T10:00:00Z", public_ip="")
LEASED = dataclasses.replace(
    RECORDED, resources={**RECORDED.resources, 'module.host.aws_scheduler_schedule.lease["stop"]': "g/stop-1"}
)


def refusing(code: str) -> Any:
    """Return a start that EC2 refuses."""

    def start(world: World, elsewhere: OtherPlaces) -> Host:
        error = CloudError("AWS has no g4dn.xlarge to give right now", hint="later")
        error.code = code
        raise error

    return start


def stopped_world(tmp_path: Path, later: FakeLaterStarts, **parts: Any) -> World:
    """Return the world of a stopped host."""
    return fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED), later_starts=later, **parts)


def test_without_capacity_aws_tries_on(tmp_path: Path) -> None:
    """It is told the host's last start; the user how long, and what ends it."""
    later, reporter = FakeLaterStarts(), FakeReporter()
    boundary = "arn:aws:iam::123456789012:policy/edge"
    values = FakeValues(dataclasses.replace(SETTINGS, permissions_boundary_arn=boundary))
    world = stopped_world(tmp_path, later, reporter=reporter, values=values)
    done = start_later.start(
        world, until="12h", when_available=True, now=NOW, start=refusing("InsufficientInstanceCapacity")
    )
    (begun,) = later.begun
    assert (begun.instance_id, begun.launched) == (RUNNING.instance_id, STOPPED.launched)
    assert begun.until == (NOW + timedelta(hours=12)).timestamp()
    assert (begun.tags["gpuinfra:stack"], begun.boundary_arn) == ("default", boundary)
    assert (done.host, done.waits_until) == (None, "2026-11-30T05:00:00Z")
    assert reporter.said[-2:] == [
        "AWS tries each 5 minutes until 2026-11-30 05:00; this machine may be off",
        "next: gpuinfra status; gpuinfra stop ends it",
    ]


def test_with_capacity_it_is_a_start(tmp_path: Path) -> None:
    """Nothing is made at AWS."""
    later = FakeLaterStarts()
    world = stopped_world(tmp_path, later)
    done = start_later.start(
        world, until="12h", when_available=True, now=NOW, start=lambda it, _: it.recorded_host()
    )
    assert done.host
    assert (done.waits_until, later.begun) == ("", [])


@pytest.mark.parametrize("code", ["VcpuLimitExceeded", "UnauthorizedOperation", "Unsupported", ""])
def test_what_time_does_not_mend_is_not_waited_for(code: str, tmp_path: Path) -> None:
    """A quota, a right, a type that the zone does not have."""
    later = FakeLaterStarts()
    with pytest.raises(CloudError):
        start_later.start(
            stopped_world(tmp_path, later), until="2h", when_available=True, now=NOW, start=refusing(code)
        )
    assert later.begun == []


@pytest.mark.parametrize(
    ("until", "when_available", "says"),
    [("", True, "needs an end"), ("2h", False, "waits for capacity"), ("soon", True, "must be like 90m")],
)
def test_options_that_do_not_fit(until: str, when_available: bool, says: str, tmp_path: Path) -> None:
    """Nothing was asked of EC2."""
    world = stopped_world(tmp_path, FakeLaterStarts())
    with pytest.raises(ConfigError, match=says) as why:
        start_later.start(world, until=until, when_available=when_available, now=NOW, start=refusing(""))
    assert why.value.hint == "gpuinfra start --when-available --until 12h"


def test_stop_ends_it_before_it_looks(tmp_path: Path) -> None:
    """A host that waits is stopped: `stop` says that nothing starts it any more."""
    later, reporter = FakeLaterStarts(waits_until=9e9), FakeReporter()
    power.stop(stopped_world(tmp_path, later, reporter=reporter), yes=True, running=lambda _: [])
    assert later.ended == [RUNNING.instance_id]
    assert f"{RUNNING.instance_id} waits for capacity no longer" in reporter.said


def test_a_stop_that_cannot_end_it_says_so(tmp_path: Path) -> None:
    """Else it would claim a stop that AWS undoes."""
    later = FakeLaterStarts(waits_until=9e9, refusal=CloudError("may not do states:StopExecution"))
    with pytest.raises(CloudError, match="StopExecution"):
        power.stop(stopped_world(tmp_path, later), yes=True, running=lambda _: [])


def test_stop_of_a_host_that_aws_has_just_started(tmp_path: Path) -> None:
    """It is looked at again once nothing can start it: then it is stopped."""

    class Started(FakeLaterStarts):
        def end(self, stack: str, instance_id: str) -> bool:
            cloud.one = RUNNING
            return super().end(stack, instance_id)

    cloud = FakeCloud(instance=STOPPED)
    power.stop(
        fake_world(tmp_path, cloud=cloud, later_starts=Started(waits_until=9e9)),
        yes=True,
        running=lambda _: [],
    )
    assert ("stop",) in cloud.calls


def test_a_host_that_runs_is_stopped_without_asking_what_waits(tmp_path: Path) -> None:
    """Nothing starts a host that has run since: who may not ask can stop it."""
    later = FakeLaterStarts(refusal=CloudError("no"))
    power.stop(fake_world(tmp_path, later_starts=later), yes=True, running=lambda _: [])


def test_down_ends_it_and_is_not_held_up(tmp_path: Path) -> None:
    """The cost ends whatever AWS says to that."""
    later = FakeLaterStarts(waits_until=9e9)
    cloud = FakeCloud(instance=None)
    destroy(fake_world(tmp_path, cloud=cloud, later_starts=later), yes=True)
    assert later.ended == [RUNNING.instance_id]
    reporter = FakeReporter()
    refusing_later = FakeLaterStarts(refusal=CloudError("no"))
    destroy(fake_world(tmp_path, cloud=cloud, later_starts=refusing_later, reporter=reporter), yes=True)
    assert any("would start" in line for line in reporter.said)


def test_status_and_list_say_it(tmp_path: Path) -> None:
    """By this machine's clock for people, in UTC for programs."""
    until = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
    world = stopped_world(tmp_path, FakeLaterStarts(waits_until=until.timestamp()))
    now = status.status(world)
    assert now.waits_until == "2026-11-30T05:00:00Z"
    local = f"{until.astimezone():%Y-%m-%d %H:%M}"
    assert f"waits      for capacity until {local}; gpuinfra stop ends it" in now.text()
    (listed,) = hosts.hosts([world])
    assert (listed.state, listed.waits_until) == ("stopped", "2026-11-30T05:00:00Z")
    assert "stopped (waits for capacity)" in hosts.text([listed], NOW)


def test_a_host_that_runs_is_not_asked_about(tmp_path: Path) -> None:
    """And one of which nobody may ask is not said to wait."""
    later = FakeLaterStarts(refusal=CloudError("no"))
    assert status.status(fake_world(tmp_path, later_starts=later)).waits_until == ""
    assert status.status(stopped_world(tmp_path, later)).waits_until == ""


@pytest.mark.parametrize(("left_h", "tried_h"), [(3.0, 3 - 5 / 60), (30.0, 12.0)])
def test_a_lease_that_ends_before_is_the_end_of_it(left_h: float, tried_h: float, tmp_path: Path) -> None:
    """Nothing starts a host that its lease has ended."""
    later, now_s = FakeLaterStarts(), NOW.timestamp()
    cloud = FakeCloud(instance=STOPPED, schedules={"g/stop-1": now_s + left_h * 3600}, now=now_s)
    world = fake_world(tmp_path, cloud=cloud, later_starts=later, records=(LEASED,))
    start_later.start(
        world, until="12h", when_available=True, now=NOW, start=refusing("InsufficientInstanceCapacity")
    )
    assert later.begun[0].until - now_s == pytest.approx(tried_h * 3600)


def test_a_lease_that_ends_in_minutes_is_refused(tmp_path: Path) -> None:
    """With what makes it longer."""
    now_s = NOW.timestamp()
    cloud = FakeCloud(instance=STOPPED, schedules={"g/stop-1": now_s + 500}, now=now_s)
    world = fake_world(tmp_path, cloud=cloud, later_starts=FakeLaterStarts(), records=(LEASED,))
    with pytest.raises(ConfigError, match="ends within minutes"):
        start_later.start(
            world, until="12h", when_available=True, now=NOW, start=refusing("InsufficientInstanceCapacity")
        )
