"""The Tab key: what it offers comes at once, asks nobody and says nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def offered(line: str, project: Path) -> list[str]:
    """Return what bash is offered for the last word of a line."""
    asked = {"_GPUINFRA_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": f"{line.count(' ')}"}
    program = "import sys; sys.argv[0] = 'gpuinfra'; from gpuinfra.cli.app import main; main()"
    env = {**os.environ, **asked, "GPUINFRA_PROJECT": str(project)}
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two stacks."""
    for folder in ("gpuinfra", "gpuinfra/stacks/big", "gpuinfra/stacks/empty"):
        (tmp_path / folder).mkdir(parents=True)
        if folder != "gpuinfra/stacks/empty":
            (tmp_path / folder / "terraform.tfvars").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gpuinfra sta", ["status", "start"]),
        ("gpuinfra status --stack ", ["default", "big"]),
        ("gpuinfra init --from b", ["big"]),
        ("gpuinfra job attach ", []),
        ("gpuinfra run --env GPUINFRA_PRO", ["GPUINFRA_PROJECT"]),
    ],
)
def test_what_is_offered(line: str, words: list[str], project: Path) -> None:
    """Commands, stacks that were set up, your variables; no job of a host that is not there."""
    assert sorted(offered(line, project)) == sorted(words)
