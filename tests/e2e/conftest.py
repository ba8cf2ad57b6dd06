"""One simulator for each test process, reset for each test; one project for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.scratch import copy_project, private_env
from gpuinfra.simulator.server import running
from tests.e2e.cli import Cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A simulator in a process of its own."""
    with running() as started:
        yield started


@pytest.fixture
def sim(simulator: Simulator) -> Simulator:
    """The simulator as after a fresh start."""
    simulator.reset()
    return simulator


@pytest.fixture
def cli(sim: Simulator, tmp_path: Path) -> Cli:
    """The command line in a fresh clone, pointed at the simulator, set up with `init`."""
    project = copy_project(ROOT, tmp_path / "clone")
    made = Cli(project=project, env=private_env(sim.env(os.environ), tmp_path, project))
    made.ok("init", "--region", "us-east-1", "--owner", "tester")
    return made
