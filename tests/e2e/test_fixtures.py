"""What the tests of this folder start with costs what it should: most of them start with it."""

from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.e2e.conftest import install

pytestmark = pytest.mark.e2e
INIT = ("-v", "init", "--region", "us-east-1", "--force")


def test_a_clone_that_got_its_provider_installs_none(fresh: Cli, installed: Path) -> None:
    """`terraform init` takes 3 s of CPU: without notice it ran in each test."""
    install(installed, fresh.directory)
    started = fresh.run(*INIT)
    assert started.returncode == 0, started.stderr
    assert "terraform init" not in started.stderr
    (fresh.directory / ".terraform" / "gpuinfra-init").unlink()
    assert "terraform init" in fresh.run(*INIT).stderr


def test_a_copied_host_is_as_it_was_made(living: Cli, sim: Simulator, begun: Cli) -> None:
    """Its plan is empty, nothing names the project that it was made in, and `down` leaves nothing."""
    assert living.json("plan") == {"changes": [], "outputs_changed": False}
    assert sim.calls("RunInstances") == []
    (host,) = sim.machines()
    assert (living.json("output", "instance_id"), host.state) == (host.id, "running")
    assert str(living.project.parent) in living.json("output", "private_key_path")
    assert str(begun.project.parent) not in (living.directory / "terraform.tfvars").read_text()
    living.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_a_copied_host_that_is_stopped(stopped: Cli, sim: Simulator) -> None:
    """As recorded and as EC2 has it; it starts."""
    assert stopped.json("plan")["changes"] == []
    assert [host.state for host in sim.machines()] == ["stopped"]
    assert stopped.ok("start") == stopped.ok("ip")
