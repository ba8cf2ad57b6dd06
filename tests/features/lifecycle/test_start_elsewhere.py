"""A stopped host whose zone has no room: another type, another zone; asked for, resumable, the disk safe."""

import dataclasses
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.lifecycle import move, power
from gpuinfra.features.money import disk_copies
from gpuinfra.features.provision import half_move
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import CloudError
from tests.features.lifecycle.account import OTHER, OWN, WORK, KilledError
from tests.features.lifecycle.moving import OLD, Scene, scene

TYPES = ("g4dn.xlarge", "g5.xlarge")


def start(it: Scene, *, moves: bool = True, yes: bool = True) -> str:
    """Start the host; return the id of that which runs then."""
    power.start(it.world, it.elsewhere(moves=moves, yes=yes))
    return it.running.instance_id


def copied(it: Scene) -> int:
    """Return how often a disk was copied."""
    return it.account.log.count("CreateImage")


def test_it_starts_where_it_is_if_there_is_room(tmp_path: Path) -> None:
    """Nothing is copied, nothing asked."""
    it = scene(tmp_path)
    it.account.full.clear()
    assert (start(it), copied(it), it.reporter.asked, it.recorded) == (OLD, 0, [], [])


def test_it_starts_as_another_type_of_the_list_first(tmp_path: Path) -> None:
    """Its disk stays where it is; the type is recorded, so that the next plan is empty."""
    it = scene(tmp_path, instance_types=TYPES)
    it.account.full.discard(("g5.xlarge", OWN))
    assert (start(it), copied(it)) == (OLD, 0)
    assert it.running.instance_type == it.recorded[-1].instance_type == "g5.xlarge"


def test_it_keeps_its_type_where_no_other_has_room(tmp_path: Path) -> None:
    """Then it goes to another zone, as the type that it has."""
    it = scene(tmp_path, instance_types=TYPES)
    new = start(it)
    assert new != OLD
    assert (it.running.availability_zone, it.running.instance_type) == (OTHER, "g4dn.xlarge")
    assert it.account.log.count("ModifyInstanceAttribute") == 2, "there and back"


def test_it_comes_back_in_another_zone_with_its_disk(tmp_path: Path) -> None:
    """The place is recorded; the copy stays until somebody has proven the new host."""
    it = scene(tmp_path)
    new = start(it)
    assert (it.account.disks[new], list(it.account.copies)) == (WORK, [it.running.ami_id])
    assert it.account.instances[OLD].state == "terminated"
    assert (it.recorded[-1].zone, it.world.recorded_host().instance_id) == (OTHER, new)
    it.elsewhere().proven(it.world, it.world.recorded_host())
    assert it.account.copies == {}


def test_without_a_yes_it_stays_stopped(tmp_path: Path) -> None:
    """At a terminal it is asked, once for each step; without one all is as it ever was."""
    for at_terminal in (True, False):
        it = scene(tmp_path, at_terminal=at_terminal, answer=False, instance_types=TYPES)
        with pytest.raises(CloudError, match=r"no g4dn\.xlarge") as caught:
            power.start(it.world, it.elsewhere(yes=False))
        assert caught.value.hint == "gpuinfra start --yes   # moves it"
        assert (len(it.reporter.asked), copied(it)) == (2 * at_terminal, 0)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"zones": (OWN,)}, "No other zone can be asked for it"),
        ({"subnet_id": "subnet-0123456789abcdef0"}, f"subnet_id is in {OWN} alone"),
    ],
)
def test_it_is_said_why_it_cannot_go(settings: dict[str, Any], says: str, tmp_path: Path) -> None:
    """A zone or a subnet that the user has named is kept."""
    it = scene(tmp_path, **settings)
    with pytest.raises(CloudError, match=says) as caught:
        start(it)
    assert (caught.value.hint, copied(it)) == ("gpuinfra start   # later", 0)


@pytest.mark.parametrize("theirs", [{"other_volume_ids": ("vol-1",)}, {"other_interface_ids": ("eni-1",)}])
def test_what_somebody_has_attached_is_neither_copied_nor_left_behind(
    theirs: dict[str, Any], tmp_path: Path
) -> None:
    """EC2's image would have a second one of each volume in it, and the first would stay in its zone."""
    it = scene(tmp_path)
    it.account.instances[OLD] = dataclasses.replace(it.account.instances[OLD], **theirs)
    with pytest.raises(CloudError, match=r"(vol|eni)-1, which somebody has attached to it, would stay"):
        start(it)
    assert copied(it) == 0


def test_a_copy_is_kept_where_no_zone_has_room_and_is_used_by_the_next_start(tmp_path: Path) -> None:
    """It is not made twice; the user is told of it, since it costs money."""
    it = scene(tmp_path)
    it.account.full.add(("g4dn.xlarge", OTHER))
    with pytest.raises(CloudError, match=r"nowhere now .* the copy ami-.* is kept") as caught:
        start(it)
    it.account.full.discard(("g4dn.xlarge", OTHER))
    assert caught.value.hint.startswith(
        "gpuinfra start --yes   # later; gpuinfra start --when-available --until"
    )
    assert (start(it) != OLD, copied(it)) == (True, 1)


def test_a_copy_is_removed_once_the_host_has_started_on_its_own_disk(tmp_path: Path) -> None:
    """It has less than the disk from then on: no host is ever made from it."""
    it = scene(tmp_path)
    it.account.full.add(("g4dn.xlarge", OTHER))
    with pytest.raises(CloudError):
        start(it)
    it.account.full.clear()
    assert disk_copies.kept(it.world.files, OLD) is not None
    assert (start(it), it.account.copies) == (OLD, {})
    assert disk_copies.kept(it.world.files, OLD) is None


def test_a_start_by_another_command_never_moves_a_host(tmp_path: Path) -> None:
    """`up`, or a command that finds it stopped: only `start` asks for that."""
    it = scene(tmp_path)
    with pytest.raises(CloudError):
        start(it, moves=False)
    assert copied(it) == 0


def test_killed_at_every_step_it_goes_on(tmp_path: Path) -> None:
    """Never two running hosts, never no copy of the disk (checked at each step); one host at the end.

    In the middle capacity may be back in its own zone: a half-made host is then not forgotten either.
    """
    for number, room_is_back in itertools.product(range(1, 100), (False, True)):
        directory = tmp_path / f"{number}-{room_is_back}"
        directory.mkdir()
        it = scene(directory, instance_types=TYPES)
        it.account.kill_at = number
        try:
            start(it)
        except KilledError:
            if room_is_back:
                it.account.full.clear()
            it.account.kill_at = 0
            start(it)
        else:
            break
        host = it.world.recorded_host()
        assert it.running.instance_id == host.instance_id
        assert it.account.disks[host.instance_id] == WORK
        it.elsewhere().proven(it.world, host)
        assert it.account.copies == {}, it.account.log
        alive = [one for one in it.account.instances.values() if one.state != "terminated"]
        assert len(alive) == 1
    assert number > 10, "so many steps there are"


@pytest.mark.parametrize(
    ("damage", "is_put_back"),
    [("deposed", True), ("ami", True), ("none", False), ("new host", False), ("another", False)],
)
def test_the_record_is_as_before_where_a_move_came_to_nothing(
    damage: str, is_put_back: bool, tmp_path: Path
) -> None:
    """Only then: a new host that lives, and what has been applied since, are not forgotten."""
    it = scene(tmp_path)
    path, kept = it.world.state.path, it.world.state.path.with_name(half_move.KEPT)
    record = it.world.state.read()
    if damage == "deposed":
        record.resources[f"{INSTANCE} (deposed 1a2b3c4d)"] = OLD
    elif damage != "none":
        it.account.change(OLD, ami_id="ami-0a1b2c3d4e5f60007")  # the record says another one
    if damage == "new host":
        it.account.instances["i-2"] = replace(it.account.instances[OLD], instance_id="i-2")
    before = f"the state of before, with {OLD if damage != 'another' else 'i-9'}"
    kept.write_text(before)
    move.put_back(it.world, "us-east-1", [OLD])
    assert path.read_text() == (before if is_put_back else "{}")
    assert not kept.exists()


def test_a_host_of_a_reservation_stays_where_that_is(tmp_path: Path) -> None:
    """Neither another type nor another zone is asked for, nothing is copied; it is said why."""
    it = scene(tmp_path, instance_types=TYPES)
    it.account.full.discard(("g5.xlarge", OWN))
    it.account.change(OLD, reservation_id="cr-0123456789abcdef0")
    with pytest.raises(CloudError, match="It was made for cr-0123456789abcdef0, which is for"):
        start(it)
    assert (copied(it), it.account.log.count("ModifyInstanceAttribute"), it.reporter.asked) == (0, 0, [])
