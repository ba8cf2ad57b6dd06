"""One simulator for each test process, reset for each test; one project for each test.

What many tests begin with is made once and copied: a project after `init`, a host, a stopped host.
"""

import dataclasses
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra import factory
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.project_copy import copy_project, private_env
from gpuinfra.simulator.server import running
from tests.e2e.cli import Cli
from tests.e2e.kept_project import copied
from tests.e2e.policy_day import beyond
from tests.fork_server import ForkServer, fork_server
from tests.running_provider import running_provider

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A simulator in a process of its own; all that ours called of it is in the table of rights."""
    with running() as started:
        yield started
        assert beyond(started) == [], "gpuinfra/features/policy/rights.py lacks them"


@pytest.fixture(scope="session")
def installed(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `.terraform` directory, made once for all test processes: `terraform init` takes seconds."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installed"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            project = copy_project(ROOT, home / "clone")
            env = private_env(simulator.env(os.environ), home, project)
            factory.world("default", env).terraform().init()
            (home / "done").touch()
    return home / "clone" / "terraform" / ".terraform"


def install(installed: Path, directory: Path) -> None:
    """Copy it into another clone, and note there that it is for that one: `init` has nothing to do then."""
    copied = shutil.copytree(installed, directory / ".terraform", symlinks=True)
    stamp = copied / "gpuinfra-init"
    stamp.write_text(stamp.read_text().replace(str(installed.parent.resolve()), str(directory.resolve())))


@pytest.fixture(scope="session")
def provider(simulator: Simulator, installed: Path) -> Iterator[dict[str, str]]:
    """What makes Terraform use a provider that runs already."""
    with running_provider(installed, simulator.env(os.environ)) as variable:
        yield variable


@pytest.fixture(scope="session")
def server(simulator: Simulator) -> Iterator[ForkServer]:
    """What starts most commands."""
    with fork_server(simulator.env(os.environ)) as started:
        yield started


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    """The simulator as after a fresh start."""
    simulator.reset()
    return simulator


@pytest.fixture
def fresh(sim: Simulator, server: ForkServer, tmp_path: Path) -> Cli:
    """The command line in a fresh clone, pointed at the simulator; nothing has been run in it."""
    project = copy_project(ROOT, tmp_path / "clone")
    env = private_env(sim.env(os.environ), tmp_path, project)
    # there is no machine to wait for
    return Cli(project=project, env={**env, "GPUINFRA_WAIT": "0"}, server=server)


@pytest.fixture(scope="session")
def begun(simulator: Simulator, installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The command line after `init`, its provider installed; to be copied."""
    home = tmp_path_factory.mktemp("begun")
    project = copy_project(ROOT, home / "clone")
    env = private_env(simulator.env(os.environ), home, project)
    made = Cli(project=project, env={**env, "GPUINFRA_WAIT": "0"})
    install(installed, made.directory)
    made.ok("init", "--region", "us-east-1", "--owner", "tester")
    return made


@pytest.fixture(scope="session")
def running_host(
    begun: Cli,
    simulator: Simulator,
    provider: dict[str, str],
    server: ForkServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cli:
    """The same after `up`, the account kept; to be copied."""
    simulator.reset()
    made = quick(copied(begun, tmp_path_factory.mktemp("host")), provider, server)
    made.ok("up", "--yes")
    simulator.keep("host")
    return made


@pytest.fixture(scope="session")
def stopped_host(running_host: Cli, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The same after `stop`; to be copied."""
    simulator.reset()
    simulator.back("host")
    made = copied(running_host, tmp_path_factory.mktemp("stopped"))
    made.ok("stop", "--yes")
    simulator.keep("stopped")
    return made


def quick(cli: Cli, provider: dict[str, str], server: ForkServer) -> Cli:
    """Return the command line with provider and libraries loaded."""
    return dataclasses.replace(cli, env={**cli.env, **provider}, server=server)


@pytest.fixture
def cold_cli(begun: Cli, sim: Simulator, tmp_path: Path) -> Cli:
    """The command line after `init`, its provider installed; each Terraform starts it anew, as for a user."""
    return copied(begun, tmp_path)


@pytest.fixture
def cli(cold_cli: Cli, provider: dict[str, str], server: ForkServer) -> Cli:
    """The command line after `init`, provider and libraries loaded: what most tests use, the quickest."""
    return quick(cold_cli, provider, server)


@pytest.fixture
def living(running_host: Cli, sim: Simulator, tmp_path: Path) -> Cli:
    """As `cli`, beside a host that was made before: for tests that are not about `up`; no call is logged."""
    sim.back("host")
    return copied(running_host, tmp_path)


@pytest.fixture
def stopped(stopped_host: Cli, sim: Simulator, tmp_path: Path) -> Cli:
    """As `living`, its host stopped."""
    sim.back("stopped")
    return copied(stopped_host, tmp_path)
