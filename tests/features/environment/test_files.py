"""The user's files, read and written in a clone of this project."""

import hashlib
from pathlib import Path

import pytest

from gpuinfra.features.environment.files import ProjectFiles
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import Project
from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform.stack_files import StackDirectory
from tests.fakes.world import SETTINGS
from tests.features.environment.sample import SOUND

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with a sound environment."""
    project = copy_project(ROOT, tmp_path / "clone")
    (project / "environment.yml").write_text(SOUND)
    return project


def render(root: Path) -> tuple[str, ...]:
    """Render as plan and up do."""
    project = Project(root=root)
    return StackDirectory(project, project.stack("default")).render(SETTINGS)


def test_only_a_requirements_file_that_is_there_travels(root: Path) -> None:
    """Then a pip line may name it."""
    assert ProjectFiles(root).travels() == frozenset()
    (root / "requirements.txt").write_text("rich\n")
    assert ProjectFiles(root).travels() == {"requirements.txt"}


def test_no_environment_is_refused_with_its_path(root: Path) -> None:
    """It is required."""
    (root / "environment.yml").unlink()
    with pytest.raises(ConfigError, match=r"environment\.yml is missing"):
        ProjectFiles(root).environment()


def test_a_lock_is_replaced_in_one_step(root: Path) -> None:
    """No half lock, no left-over."""
    files = ProjectFiles(root)
    before = set(root.iterdir())
    assert files.write_lock("one\n").read_text() == "one\n"
    assert files.write_lock("two\n").read_text() == "two\n"
    assert files.lock() == b"two\n"
    assert set(root.iterdir()) - before == {root / "environment.lock"}


def test_a_lock_that_cannot_be_sent_is_told_with_the_limit(root: Path) -> None:
    """Hashes do not compress: about 250 packages are over what EC2 accepts."""
    lines = [
        f"https://c.example/p{n}.conda#sha256:{hashlib.sha256(bytes([n])).hexdigest()}" for n in range(250)
    ]
    assert "EC2 accepts 16,384" in ProjectFiles(root).room_for("\n".join(["@EXPLICIT", *lines, *lines]))
    assert ProjectFiles(root).room_for("\n".join(["@EXPLICIT", *lines[:20]])) == ""


def test_rendering_refuses_errors_and_returns_warnings(root: Path) -> None:
    """Nothing is written for a wrong environment, so nothing wrong can be sent."""
    yml, user_data = root / "environment.yml", root / "terraform" / "user-data.yaml.gz"
    yml.write_text(SOUND + "  - num py\n")
    with pytest.raises(ConfigError, match=r"environment\.yml:6: error"):
        render(root)
    assert not user_data.exists()
    yml.write_text(SOUND + "  - pandsa\n")
    assert render(root) == ("environment.yml:6: warning: 'pandsa' looks wrong; write: - pandas",)
    assert user_data.exists()


def test_rendering_refuses_a_stale_lock(root: Path) -> None:
    """With the command that renews it."""
    (root / "environment.lock").write_text(f"# input-sha256={'0' * 64}\n@EXPLICIT\n")
    with pytest.raises(ConfigError, match=r"environment\.lock was made from another") as caught:
        render(root)
    assert caught.value.hint.startswith("gpuinfra env lock")
