"""One simulator for each test process, reset for each test; one project for each test."""

import dataclasses
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
    """A `.terraform` directory, made once: `terraform init` takes seconds and is the same for all."""
    home = tmp_path_factory.mktemp("installed")
    project = copy_project(ROOT, home / "clone")
    env = private_env(simulator.env(os.environ), home, project)
    factory.world("default", env).terraform().init()
    return project / "terraform" / ".terraform"


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
def fresh(sim: Simulator, tmp_path: Path) -> Cli:
    """The command line in a fresh clone, pointed at the simulator; nothing has been run in it."""
    project = copy_project(ROOT, tmp_path / "clone")
    env = private_env(sim.env(os.environ), tmp_path, project)
    return Cli(project=project, env={**env, "GPUINFRA_WAIT": "0"})  # there is no machine to wait for


@pytest.fixture
def cold_cli(fresh: Cli, installed: Path) -> Cli:
    """The command line after `init`, its provider installed; each Terraform starts it anew, as for a user."""
    install(installed, fresh.directory)
    fresh.ok("init", "--region", "us-east-1", "--owner", "tester")
    return fresh


@pytest.fixture
def cli(cold_cli: Cli, provider: dict[str, str], server: ForkServer) -> Cli:
    """The command line after `init`, provider and libraries loaded: what most tests use, the quickest."""
    return dataclasses.replace(cold_cli, env={**cold_cli.env, **provider}, server=server)
