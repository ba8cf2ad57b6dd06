"""Hosts of the lab with our guard; a minute of the guard takes one second."""

from collections.abc import Iterator

import pytest

from tests.e2e.guard.guarded_host import GuardedHost
from tests.simulator.lab.conftest import instances, shared_lab
from tests.simulator.lab.instances import LabInstances

__all__ = ["instances", "shared_lab"]


@pytest.fixture(scope="module")
def kept_host(shared_lab: LabInstances) -> Iterator[GuardedHost]:
    """One host for all tests of a module that leave it on: without limits but in a test; the whole guard."""
    host = GuardedHost.launch(shared_lab.fresh(), limits="off")
    host.deliver()
    yield host
    host.terminate()
