"""One lab for each test process; its instances are forgotten before each test."""

import subprocess
from collections.abc import Iterator

import pytest

from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.lab.requirements import why_not
from tests.simulator.lab.instances import LabInstances


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabInstances]:
    """A lab, and a key to its hosts; skipped with the reason where no host can boot."""
    if reason := why_not():
        pytest.skip(reason)
    key = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with open_lab() as lab:
        yield LabInstances(lab=lab, key=key)


@pytest.fixture
def instances(shared_lab: LabInstances) -> LabInstances:
    """The lab without any instance."""
    return shared_lab.fresh()
