"""One simulator for each test process, as fresh for each test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running
from tests.simulator.aws import client

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


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
def ec2(sim: Simulator) -> "EC2Client":
    """EC2 in the simulator's region."""
    made: EC2Client = client("ec2", sim)
    return made
