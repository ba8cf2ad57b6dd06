"""A host in a Capacity Block is told its end by `up`; `plan` and `status` show it; nobody else is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.capacity import begin, told_host
from gpuinfra.features.provision import given
from gpuinfra.features.provision.status import status
from gpuinfra.ground.errors import CloudError, Interrupted
from gpuinfra.ground.model import Instance, Record
from gpuinfra.ground.reservation import TAG, Reservation, iso
from gpuinfra.ground.world import Clock, World
from tests.fakes.account import FakeAccount
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, SETTINGS, FakeReporter, FakeTime
from tests.features.capacity.test_reserved import BLOCK, FITS, NAME
from tests.features.doctor.situations import denied
from tests.samples import host

SOON = replace(BLOCK, ends=datetime.now(UTC) + timedelta(days=1), begins=datetime.now(UTC))
IN_BLOCK = replace(RUNNING, reservation_id=NAME, market="capacity-block")


def scene(
    directory: Path,
    reserved: Reservation | None = SOON,
    instance: Instance | None = IN_BLOCK,
    **parts: Any,
) -> tuple[World, FakeCloud, FakeAccount, FakeReporter]:
    """Return a world with a host in a block."""
    cloud, account = FakeCloud(instance=instance), FakeAccount(reserved=reserved, **parts)
    reporter = FakeReporter()
    world = fake_world(directory, cloud=cloud, account_reader=lambda *_: account, reporter=reporter)
    return world, cloud, account, reporter


def test_the_host_is_told_by_its_tag(tmp_path: Path) -> None:
    """The user is told the same; a host that knows it is not told again."""
    world, cloud, _, reporter = scene(tmp_path)
    told_host.tell(world, host())
    assert cloud.tags == {RUNNING.instance_id: {TAG: iso(SOON.ends)}}
    (line,) = reporter.said
    assert line.startswith(f"Capacity Block {NAME} ends ")
    assert "does not know" not in line
    world, cloud, _, _ = scene(tmp_path, instance=replace(IN_BLOCK, block_ends=iso(SOON.ends)))
    told_host.tell(world, host())
    assert cloud.tags == {}


def test_a_block_that_was_extended_is_told_anew(tmp_path: Path) -> None:
    """By the next `up`; until then `status` says what the host takes for the end."""
    old = replace(IN_BLOCK, block_ends="2026-12-01T11:30:00Z")
    world, cloud, _, _ = scene(tmp_path, instance=old)
    assert "for the end: gpuinfra up tells it" in status(world).text()
    told_host.tell(world, host())
    assert cloud.tags[RUNNING.instance_id] == {TAG: iso(SOON.ends)}


def test_the_end_of_an_on_demand_reservation_is_no_tag(tmp_path: Path) -> None:
    """EC2 ends no host then; the user is told all the same."""
    other = replace(SOON, is_block=False)
    world, cloud, _, reporter = scene(tmp_path, other, replace(IN_BLOCK, market="on-demand"))
    told_host.tell(world, host())
    assert cloud.tags == {}
    assert "the host runs on after it" in reporter.said[0]


def test_a_host_without_one_asks_nobody(tmp_path: Path) -> None:
    """No call more, for `up`, `plan` and `status`."""
    world, cloud, account, reporter = scene(tmp_path, instance=RUNNING)
    told_host.tell(world, host())
    assert told_host.planned(world, SETTINGS, host()) == []
    assert status(world).reservation is None
    assert (cloud.tags, account.asked, reporter.said) == ({}, [], [])


def test_what_cannot_be_asked_is_told_loudly(tmp_path: Path) -> None:
    """The host is up, and does not know when it ends: nothing would be saved."""
    world, cloud, _, reporter = scene(tmp_path, refuses={"reservation": denied("ec2:Describe")})
    told_host.tell(world, host())
    assert cloud.tags == {}
    assert reporter.said[0].startswith(f"! Capacity Block {NAME}: when it ends is not known: your AWS user")

    class NoTags(FakeCloud):
        def tag(self, *_: object) -> None:
            raise CloudError("you may not do ec2:CreateTags")

    world = replace(world, cloud=lambda *_: NoTags(instance=IN_BLOCK))
    world = replace(world, account_reader=lambda *_: FakeAccount(reserved=SOON))
    told_host.tell(world, host())
    assert reporter.said[1].startswith("! the host was not told when its Capacity Block ends")


def test_status_shows_it_in_words_and_as_json(tmp_path: Path) -> None:
    """Also where AWS does not tell: then what is not known."""
    world, _, _, _ = scene(tmp_path, instance=replace(IN_BLOCK, block_ends=iso(SOON.ends)))
    now = status(world)
    assert f"reserved   Capacity Block {NAME} ends" in now.text()
    plain = now.plain(None)["reservation"]
    assert isinstance(plain, dict)
    assert (plain["ends_at"], plain["told"], plain["state"]) == (iso(SOON.ends), iso(SOON.ends), "active")
    world, _, _, _ = scene(tmp_path, None)
    assert "when it ends is not known: AWS does not know it (any more)" in status(world).text()


def test_status_of_a_host_that_ended_with_its_block(tmp_path: Path) -> None:
    """It was stopped by nobody's hand."""
    ends = iso(SOON.ends)
    since = iso(SOON.ends - timedelta(minutes=29)) if SOON.ends else ""
    gone = replace(IN_BLOCK, state="terminated", since=since, block_ends=ends)
    world, _, _, _ = scene(tmp_path, instance=gone)
    assert "gone: ended with its Capacity Block; gpuinfra up makes a new one" in status(world).text()


def test_a_plan_shows_the_end(tmp_path: Path) -> None:
    """Of a new host's reservation, and of that of a host that lives."""
    world, _, _, _ = scene(tmp_path)
    (new,) = told_host.planned(world, FITS, None)
    assert new.startswith(f"  Capacity Block {NAME} ends ")
    assert "does not know" not in new
    (living,) = told_host.planned(world, SETTINGS, host())
    assert living.endswith("the host does not know it: gpuinfra up tells it")


def test_a_new_host_goes_to_the_reservations_zone(tmp_path: Path) -> None:
    """Where terraform.tfvars names none; a host that lives keeps its own."""
    world, _, account, _ = scene(tmp_path)
    nothing = replace(world, state=fake_world(tmp_path, records=(Record(),)).state)
    place = {"instance_type": "p5.48xlarge", "market": "capacity-block", "zone": "us-east-1a"}
    assert given.values(nothing, FITS) == {"pool": place}
    assert given.values(nothing, replace(FITS, zones=("us-east-1b",))) == {}
    assert given.values(nothing, replace(FITS, subnet_id="subnet-1")) == {}
    assert given.values(world, FITS) == {}
    gone, _, _, _ = scene(tmp_path, instance=replace(IN_BLOCK, state="terminated"))
    assert given.values(gone, FITS) == {"pool": place}
    account.refuses = {"reservation": denied("ec2:DescribeCapacityReservations")}
    assert given.values(nothing, FITS) == {}


def test_up_waits_until_the_block_begins(tmp_path: Path) -> None:
    """As far as --wait reaches; EC2 may make it active a moment later."""
    early = replace(SOON, state="scheduled", begins=datetime.now(UTC) + timedelta(hours=2))
    passed = FakeTime()

    class Begins(FakeAccount):
        def reservation(self, reservation_id: str) -> Reservation | None:
            return SOON if passed.now_s > 7300 else early

    world, _, _, reporter = scene(tmp_path)
    world = replace(world, clock=passed.clock(), account_reader=lambda *_: Begins())
    waited_s = begin.waited_s(world, FITS, wait_s=9000)
    assert 7300 < waited_s < 7400
    assert "begins at" in reporter.said[0] or "begins on" in reporter.said[0]
    assert begin.waited_s(world, FITS, wait_s=9000) == 0, "it has begun"


@pytest.mark.parametrize("wait_s", [60.0, 7100.0])
def test_a_wait_that_does_not_reach_waits_for_nothing(tmp_path: Path, wait_s: float) -> None:
    """The check refuses, and names the wait that does."""
    early = replace(SOON, state="scheduled", begins=datetime.now(UTC) + timedelta(hours=2))
    world, _, _, reporter = scene(tmp_path, early)
    assert (begin.waited_s(world, FITS, wait_s=wait_s), reporter.said) == (0, [])


def test_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    """Nothing was made."""
    early = replace(SOON, state="scheduled", begins=datetime.now(UTC) + timedelta(hours=2))

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    world, _, _, _ = scene(tmp_path, early)
    world = replace(world, clock=Clock(sleep=interrupted, now=lambda: 0.0))
    with pytest.raises(Interrupted, match="nothing was made"):
        begin.waited_s(world, FITS, wait_s=9000)
