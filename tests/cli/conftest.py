"""What the tests of the command line share: a fresh clone, and one with a recorded host."""

import os
from pathlib import Path

import pytest

from gpuinfra.simulator.project_copy import copy_project, private_env
from tests import samples
from tests.e2e.cli import Cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A fresh clone, and nobody's AWS."""
    project = copy_project(ROOT, tmp_path / "clone")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GPUINFRA_", "TF_"))}
    nobody = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}
    return Cli(project=project, env=private_env({**kept, **nobody}, tmp_path, project))


@pytest.fixture
def recorded(cli: Cli) -> Cli:
    """A clone with a recorded host."""
    (cli.directory / "terraform.tfstate").write_text(samples.STATE)
    return cli
