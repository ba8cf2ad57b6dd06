"""Real Terraform on a small stack of our own, with every argument that plain moto reads back wrongly."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from gpuinfra.tools.terraform import binary, provider_mirror
from tests.waiting import PATIENCE_S

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in a directory of its own, pointed at a simulator."""

    directory: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [str(binary.find(ROOT / ".tools", os.environ)), *arguments, "-no-color", "-input=false"]
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def ok(self, *arguments: str) -> None:
        """Run a command that must succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def terraform(sim: Simulator, tmp_path: Path) -> Terraform:
    """Terraform on a copy of the stack, initialised."""
    directory = tmp_path / "host"
    shutil.copytree(HERE / "host", directory)
    lock = shutil.copy(ROOT / "terraform" / ".terraform.lock.hcl", directory)
    env = provider_mirror.environment(
        sim.env(),
        config=tmp_path / "terraform.rc",
        cache=ROOT / ".tools" / "plugins",
        mirror=provider_mirror.find(Path(lock), binary.platform_name()),
    )
    made = Terraform(directory=directory, env=env)
    made.ok("init", "-lockfile=readonly")
    return made


@pytest.mark.e2e
def test_nothing_drifts_and_nothing_is_left(sim: Simulator, terraform: Terraform) -> None:
    """After an apply the second plan is empty, for on-demand and spot; after destroy nothing remains."""
    terraform.ok("apply", "-auto-approve", "-parallelism=20")
    again = terraform.run("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr
    kinds = {"instances", "volumes", "network_interfaces", "security_groups", "key_pairs"}
    assert set(sim.leftovers()) == kinds | {"iam_roles", "iam_instance_profiles"}
    assert {call.params["MetadataOptions.HttpTokens"] for call in sim.calls("RunInstances")} == {"required"}
    terraform.ok("destroy", "-auto-approve", "-parallelism=20")
    assert sim.leftovers() == {}
