"""Stacks made by the tree before modules/host live on under the new one."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests import old_states
from tests.e2e.cli import Cli
from tests.terraform import Terraform, changes, terraform

pytestmark = pytest.mark.e2e


def kept(simulator: Simulator, provider: dict[str, str], directory: Path, kind: str) -> Terraform:
    """Return the new tree over a kept state, whose resources the simulator does not know."""
    directory.mkdir()
    old_states.take_new_tree(directory)
    ids = old_states.surroundings(simulator, kind)
    old_states.write_values(directory, kind, ids)
    state = (old_states.STATES / kind / "terraform.tfstate").read_text()
    (directory / "terraform.tfstate").write_text(old_states.exchange(state, ids))
    root = terraform(directory, simulator, provider)
    root.init()
    return root


# All that such a host loses at the next `up`: rights of its role that it never needed, and metrics that cost
# money and that nobody reads. It runs on.
ROLE = "module.host.module.instance.aws_iam_role_policy"
TAKEN = {
    f"{ROLE}_attachment.ssm": ["delete"],
    f'{ROLE}.session_manager["own"]': ["create"],
    "module.host.module.instance.aws_instance.this": ["update"],
}


@pytest.mark.parametrize("kind", old_states.KINDS)
def test_a_kept_state_plans_no_change(
    sim: Simulator, provider: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """A state that the earlier tree wrote is taken over: every object moves or is forgotten, none changes."""
    plan = kept(sim, provider, tmp_path / "root", kind).plan("-refresh=false")
    assert changes(plan) == TAKEN
    moved = [it for it in plan["resource_changes"] if it.get("previous_address")]
    assert len(moved) >= 10


@pytest.mark.parametrize("kind", old_states.KINDS)
def test_a_living_stack_is_taken_over_and_destroyed(
    sim: Simulator, provider: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """What the earlier tree made is not changed by the new one, which can also destroy it at once.

    A private host whose values never named its network, then the default, is refused in words until they do.
    """
    root, _ = old_states.make(sim, tmp_path, kind, provider)
    shutil.rmtree(root.directory / ".terraform")  # as in a fresh clone of the new tree
    old_states.take_new_tree(root.directory)
    root.init()
    assert changes(root.plan()) == TAKEN
    values = root.directory / "terraform.tfvars"
    if old_states.WORD in values.read_text():  # it may be gone, or never have been there
        values.write_text(values.read_text().replace(old_states.WORD, ""))
        refused = root.run("plan", "-input=false")
        assert refused.returncode == 1
        assert 'To keep it, set private_network = "nat"' in " ".join(refused.stderr.split())
    root.destroy()
    of_the_user = {"vpcs", "internet_gateways"} if kind == "chosen_subnet" else set()
    assert set(sim.leftovers()) == of_the_user


def test_the_command_line_takes_an_old_stack_over(
    sim: Simulator, fresh: Cli, provider: dict[str, str], tmp_path: Path
) -> None:
    """A stack of the earlier tree answers, is allowed another address and is destroyed without ado."""
    old, _ = old_states.make(sim, tmp_path / "old", "default", provider)
    fresh = dataclasses.replace(fresh, env={**fresh.env, **provider})
    for name in ("terraform.tfstate", "terraform.tfvars", "key.pub"):
        shutil.copy(old.directory / name, fresh.directory)
    host = json.loads((fresh.directory / "terraform.tfstate").read_text())["outputs"]
    assert fresh.ok("ip").strip() == host["public_ip"]["value"]
    assert fresh.json("status")["host"]["instance_id"] == host["instance_id"]["value"]
    plan = fresh.run("plan")
    assert plan.returncode == 0
    assert "1 to create, 1 to update, 1 to delete." in plan.stderr
    assert "policy of the role" in plan.stderr
    fresh.ok("allow", "--cidr", "203.0.113.9", "--add")
    assert sim.calls("AuthorizeSecurityGroupIngress")[-1].params["IpPermissions.1.IpRanges.1.CidrIp"]
    assert len(sim.calls("RunInstances")) == 1
    fresh.ok("down", "--yes")
    assert sim.leftovers() == {}
