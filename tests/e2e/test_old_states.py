"""Stacks made by the tree before modules/host live on under the new one."""

import shutil
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests import old_states
from tests.terraform import Terraform, changes, terraform

pytestmark = pytest.mark.e2e


def kept(simulator: Simulator, directory: Path, kind: str) -> Terraform:
    """Return the new tree over a kept state, whose resources the simulator does not know."""
    directory.mkdir()
    old_states.take_new_tree(directory)
    ids = old_states.surroundings(simulator, kind)
    old_states.write_values(directory, kind, ids)
    state = (old_states.STATES / kind / "terraform.tfstate").read_text()
    (directory / "terraform.tfstate").write_text(old_states.exchange(state, ids))
    root = terraform(directory, simulator)
    root.init()
    return root


@pytest.mark.parametrize("kind", old_states.KINDS)
def test_a_kept_state_plans_no_change(sim: Simulator, tmp_path: Path, kind: str) -> None:
    """A state that the earlier tree wrote is taken over: every object moves or is forgotten, none changes."""
    plan = kept(sim, tmp_path / "root", kind).plan("-refresh=false")
    assert changes(plan) == {}
    moved = [it for it in plan["resource_changes"] if it.get("previous_address")]
    assert len(moved) >= 10


@pytest.mark.parametrize("kind", old_states.KINDS)
def test_a_living_stack_is_taken_over_and_destroyed(sim: Simulator, tmp_path: Path, kind: str) -> None:
    """What the earlier tree made is not changed by the new one, which can also destroy it at once."""
    root, _ = old_states.make(sim, tmp_path, kind)
    shutil.rmtree(root.directory / ".terraform")
    old_states.take_new_tree(root.directory)
    root.init()
    assert changes(root.plan()) == {}
    root.destroy()
    assert [kind for kind in sim.leftovers() if kind != "vpcs"] == []
