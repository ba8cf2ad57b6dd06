"""A move that was killed, and what came between: another command's refresh, another apply."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import hosts
from gpuinfra.features.provision import half_move, kept_text
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.status import status
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Record
from tests.fakes.world import FakeState
from tests.features.lifecycle.account import OTHER, KilledError
from tests.features.lifecycle.moving import OLD, Scene, scene
from tests.features.lifecycle.test_start_elsewhere import start
from tests.features.provision.kept_scene import NEW, state_text
from tests.features.provision.kept_scene import Scene as KeptScene


def half_moved(it: Scene, step: str) -> None:
    """Kill a start at the moment at which something has been done."""
    it.account.kill_after = step
    with pytest.raises(KilledError):
        start(it)
    it.account.kill_after = ""


def test_outputs_that_were_refreshed_meanwhile_do_not_hide_the_old_host(tmp_path: Path) -> None:
    """`stop`, say, has written those of the new one: the old one is ended all the same."""
    it = scene(tmp_path)
    half_moved(it, "state: the new host")
    state = it.world.state
    assert isinstance(state, FakeState)
    new = state.records[0].resources[INSTANCE]
    recorded = replace(it.world.recorded_host(), instance_id=new)
    state.records = [replace(state.records[0], host=recorded)]
    assert start(it) == new
    assert it.account.instances[OLD].state == "terminated"


def test_what_the_host_was_made_from_is_with_the_copy_of_its_disk(tmp_path: Path) -> None:
    """A killed run may have left none of it in the outputs."""
    it = scene(tmp_path)
    was = it.world.recorded_host()
    half_moved(it, "before RunInstances")
    state = it.world.state
    assert isinstance(state, FakeState)
    state.records = [replace(state.records[0], host=replace(was, image="", ami_name="ami-1"))]
    start(it)
    restore = it.terraform.given["restore"]
    assert isinstance(restore, dict)
    assert (restore["image"], restore["name"]) == (was.image, was.ami_name)


@pytest.mark.parametrize(
    ("step", "ends_as"), [("before RunInstances", "the old one"), ("state: the new host", "the new one")]
)
def test_another_apply_settles_a_move_before(step: str, ends_as: str, tmp_path: Path) -> None:
    """It would end the old host for an empty one; without a move it asks AWS nothing."""
    it = scene(tmp_path)
    it.elsewhere(moves=False).settle_move(it.world)
    assert it.account.log == []
    half_moved(it, step)
    it.elsewhere(moves=False).settle_move(it.world)
    (left,) = [one for one in it.account.instances.values() if one.state != "terminated"]
    assert ("the old one" if left.instance_id == OLD else "the new one") == ends_as
    assert it.world.recorded_host().instance_id == left.instance_id
    assert not half_move.exists(it.world)


def test_a_move_that_down_has_ended_is_no_concern_of_the_next_host(tmp_path: Path) -> None:
    """There is no host to settle it for."""
    it = scene(tmp_path)
    half_moved(it, "before RunInstances")
    state = it.world.state
    assert isinstance(state, FakeState)
    state.records = [Record()]
    it.elsewhere(moves=False).settle_move(it.world)
    assert not half_move.exists(it.world)


TOLD = "half done: unless a start is still at work, gpuinfra start goes on with it"
STEPS = (
    *("CreateImage", "before RunInstances", "RunInstances", "state: the new host"),
    *("TerminateInstances", "state: without the old host"),
)


def told(it: Scene) -> set[str]:
    """Return what `status` and `list` say of a move."""
    (listed,) = hosts.hosts([it.world])
    return {status(it.world).half_done, listed.half_done}


@pytest.mark.parametrize("step", STEPS)
def test_a_half_done_move_is_told_from_its_first_call_to_its_end(step: str, tmp_path: Path) -> None:
    """With the command that goes on with it; once that has done so, nothing is told any more."""
    it = scene(tmp_path)
    assert told(it) == {""}
    half_moved(it, step)
    assert told(it) == {TOLD}
    start(it)
    assert told(it) == {""}


def test_a_half_done_move_is_a_line_of_what_people_read(tmp_path: Path) -> None:
    """In `status` beside the state, in `list` below the table."""
    it = scene(tmp_path)
    half_moved(it, "RunInstances")
    assert f"\nmove       {TOLD}\n" in status(it.world).text()
    listed = hosts.text(hosts.hosts([it.world]), datetime.now().astimezone())
    assert listed.splitlines()[2:] == [f"default: {TOLD}"]


def test_a_start_that_finds_room_where_the_host_is_ends_the_move(tmp_path: Path) -> None:
    """What was begun for another place is over then."""
    it = scene(tmp_path)
    half_moved(it, "before RunInstances")
    it.account.full.clear()
    assert (start(it), told(it)) == (OLD, {""})


def test_a_refusal_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Neither of the copy nor of every place: all is as before then; the refusal has told what is kept."""
    it = scene(tmp_path)
    it.account.full.update({("g4dn.xlarge", OTHER)})
    with pytest.raises(CloudError):
        start(it)
    assert told(it) == {""}
    it = scene(tmp_path)
    it.account.copy_refusal = CloudError("no more images")
    with pytest.raises(CloudError, match="no more images"):
        start(it)
    assert told(it) == {""}


def test_list_tells_of_an_up_that_was_cut_off_beside_a_kept_host(tmp_path: Path) -> None:
    """As `status` does; a host that is kept as it should be is no news there."""
    it = KeptScene(tmp_path)
    it.keep()
    (listed,) = hosts.hosts([it.world])
    assert listed.half_done == f"{OLD}: a run was cut off; gpuinfra up puts in order what it left"
    it.state.path.write_text(state_text(NEW))
    (listed,) = hosts.hosts([it.world])
    assert (listed.half_done, kept_text.cut_off(it.world)) == ("", "")
