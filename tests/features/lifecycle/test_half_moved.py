"""A move that was killed, and what came between: another command's refresh, another apply."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import move
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.model import Record
from tests.fakes.world import FakeState
from tests.features.lifecycle.account import KilledError
from tests.features.lifecycle.moving import OLD, Scene, scene
from tests.features.lifecycle.test_start_elsewhere import start


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
    assert not move.is_half_done(it.world)


def test_a_move_that_down_has_ended_is_no_concern_of_the_next_host(tmp_path: Path) -> None:
    """There is no host to settle it for."""
    it = scene(tmp_path)
    half_moved(it, "before RunInstances")
    state = it.world.state
    assert isinstance(state, FakeState)
    state.records = [Record()]
    it.elsewhere(moves=False).settle_move(it.world)
    assert not move.is_half_done(it.world)
