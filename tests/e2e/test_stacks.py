"""Named stacks side by side, without us in them, and a newer image."""

import subprocess
from pathlib import Path

import pytest

from gpuinfra.simulator.api.seed import load_seed
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e


def nvidia_images() -> list[str]:
    """Return the ids of the simulator's NVIDIA images, oldest first."""
    images = [i for i in load_seed().images if i.owner_id == "679593333241"]
    return [i.id for i in sorted(images, key=lambda i: i.created)]


def test_a_named_stack(cli: Cli, sim: Simulator) -> None:
    """It has values and state of its own, plain Terraform works in it, a newer image waits to be asked."""
    older, newest = nvidia_images()[0], nvidia_images()[-1]
    values = (cli.directory / "terraform.tfvars").read_bytes()
    refused(cli.run("init", "--stack", "b", "--from", "nobody"), 2, "the stacks of this project are: default")
    cli.ok("init", "--stack", "b", "--from", "default")
    b = Cli(project=cli.project, env={**cli.env, "GPUINFRA_STACK": "b"})
    directory = cli.directory / "stacks" / "b"
    mine = directory / "terraform.tfvars"
    assert 'owner = "tester"' in mine.read_text()
    mine.write_text(mine.read_text().replace("ami_id = null", f'ami_id = "{older}"'))

    b.ok("up", "--yes")
    assert (cli.directory / "terraform.tfvars").read_bytes() == values
    assert not (cli.directory / "terraform.tfstate").exists()
    assert cli.run("ip").returncode == 5
    assert "no host" in cli.ok("status")

    mine.write_text(mine.read_text().replace(f'ami_id = "{older}"', "ami_id = null"))
    assert _plain_plan(b, directory) == 0
    refused(b.run("up", "--yes", "--upgrade-image"), 2, "this replaces the host", "deletes its disk (128 GB)")
    b.ok("up", "--yes", "--replace", "--upgrade-image")
    assert [c.params["ImageId"] for c in sim.calls("RunInstances")] == [older, newest]
    assert len(sim.leftovers()["instances"]) == 1
    assert b.json("output", "ami_id") == newest

    # whatever lies beside the values by now, what was recorded is removed, where it was made
    (directory / "mine.auto.tfvars").write_text('region = "eu-west-1"\n')
    refused(b.run("plan"), 2, "mine.auto.tfvars overrides terraform.tfvars in silence")
    mine.unlink()
    b.ok("down", "--yes")
    assert sim.leftovers() == {}


def _plain_plan(cli: Cli, directory: Path) -> int:
    """Run Terraform's own plan; its exit code is 0 when nothing would change."""
    env = {**cli.env, "TF_CLI_CONFIG_FILE": str(cli.project / ".tools" / "terraform.rc")}
    argv = ["terraform", "plan", "-input=false", "-detailed-exitcode", "-no-color"]
    done = subprocess.run(argv, cwd=directory, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr
    return done.returncode
