"""Real Terraform on a small stack of our own, with every argument that plain moto reads back wrongly."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests.running_provider import running_provider
from tests.terraform import Terraform
from tests.terraform import terraform as in_directory

HERE = Path(__file__).parent


@pytest.fixture
def terraform(sim: Simulator, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform on a copy of the stack, initialised, with a provider that runs already."""
    shutil.copytree(HERE / "host", tmp_path / "host")
    made = in_directory(tmp_path / "host", sim)
    made.init()
    with running_provider(made.directory / ".terraform", made.env) as provider:
        yield dataclasses.replace(made, env={**made.env, **provider})


@pytest.mark.e2e
def test_nothing_drifts_and_nothing_is_left(sim: Simulator, terraform: Terraform) -> None:
    """After an apply the second plan is empty, for on-demand and spot; after destroy nothing remains."""
    terraform.apply()
    again = terraform.run("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr
    kinds = {"instances", "volumes", "network_interfaces", "security_groups", "key_pairs"}
    assert set(sim.leftovers()) == kinds | {"iam_roles", "iam_instance_profiles"}
    assert {call.params["MetadataOptions.HttpTokens"] for call in sim.calls("RunInstances")} == {"required"}
    terraform.destroy()
    assert sim.leftovers() == {}
