"""What `env apply` sends: checked as `up` checks it, whole at any length, and without the host's secrets."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.boot.user_data import UserData
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import Project
from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform.stack_files import StackDirectory
from tests.cloud_init.userdata import ROOT
from tests.fakes.world import SETTINGS
from tests.features.environment.sample import SOUND


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with a sound environment."""
    project = copy_project(ROOT, tmp_path / "clone")
    (project / "environment.yml").write_text(SOUND)
    return project


def user_data(root: Path) -> UserData:
    """Return the clone's files for a host."""
    project = Project(root=root)
    return UserData(StackDirectory(project.stack("default")), project)


def parcel(root: Path) -> dict[str, Any]:
    """Return what is sent."""
    found: dict[str, Any] = json.loads(user_data(root).parcel(SETTINGS)[0])
    return found


def test_the_files_arrive_byte_for_byte_with_the_scripts_that_build(root: Path) -> None:
    """Their sha256 on the host is what tells that nothing is to be done."""
    sent = parcel(root)
    here = user_data(root).digests()
    assert hashlib.sha256(sent["conf"]["environment.yml"].encode()).hexdigest() == here["environment.yml"]
    assert {"bootstrap.sh", "lib.sh", "verify.py", "gpus.txt", "gpuinfra/host/gpu_check.py"} <= set(
        sent["scripts"]
    )
    assert set(sent["values"]) == {"ENV_NAME", "CUDA_MAJOR", "CUDA_DRIVERS"}
    assert StackDirectory(Project(root=root).stack("default")).nonce() not in json.dumps(sent)


def test_a_lock_of_any_length_goes_along(root: Path) -> None:
    """EC2's limit is one of user-data."""
    digest = hashlib.sha256(SOUND.encode()).hexdigest()
    lines = [
        f"https://conda.anaconda.org/conda-forge/noarch/p{n}-1-0.conda#sha256:{n:064x}" for n in range(2000)
    ]
    text = "\n".join([f"# gpuinfra lock v1 input-sha256={digest} cuda=12.8", "@EXPLICIT", *lines, ""])
    (root / "environment.lock").write_text(text)
    assert parcel(root)["conf"]["conda.lock"] == text
    assert user_data(root).digests()["environment.lock"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_wrong_file_a_stale_lock_and_a_secret_are_refused(root: Path) -> None:
    """By the same checks, in the same words."""
    (root / "environment.lock").write_text(f"# input-sha256={'0' * 64}\n@EXPLICIT\n")
    with pytest.raises(ConfigError, match="made from another"):
        parcel(root)
    (root / "environment.lock").unlink()
    (root / "requirements.txt").write_text("--index-url https://me:hunter2@example.com/simple\n")
    with pytest.raises(ConfigError, match="user name and password"):
        parcel(root)
    (root / "environment.yml").write_text(SOUND + "  - num py\n")
    with pytest.raises(ConfigError, match=r"environment\.yml:6: error"):
        parcel(root)
