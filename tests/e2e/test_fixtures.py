"""What the tests of this folder start with costs what it should: most of them start with it."""

from pathlib import Path

import pytest

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
