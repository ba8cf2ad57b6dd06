"""An old host that Terraform's record keeps although a killed run has ended it."""

import dataclasses
from pathlib import Path

from gpuinfra.features.provision import deposed
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.model import Outcome
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, FakeTerraform

HALF = dataclasses.replace(
    RECORDED, resources={**RECORDED.resources, f"{INSTANCE} (deposed 1a2b3c4d)": "i-0"}
)


def test_it_is_forgotten_before_an_apply(tmp_path: Path) -> None:
    """The record of afterwards counts; where there is none, Terraform is not started."""
    terraform = FakeTerraform(Outcome(ok=True))
    world = fake_world(tmp_path, terraform=terraform, records=(HALF, RECORDED))
    assert deposed.without_ended(world, world.state.read()) == RECORDED
    assert ("refresh",) in terraform.calls
    terraform.calls.clear()
    assert deposed.without_ended(world, RECORDED) == RECORDED
    assert terraform.calls == []
