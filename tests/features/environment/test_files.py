"""The user's files, read and written in a clone of this project."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
import yaml

from gpuinfra.features.boot import cloud_init
from gpuinfra.features.boot.user_data import UserData
from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.files import ProjectFiles
from gpuinfra.features.environment.solution import LockedPackage, Solution
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import Project
from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform.stack_files import StackDirectory
from tests.cloud_init.userdata import files_of
from tests.fakes.world import SETTINGS
from tests.features.environment.sample import SOUND
from tests.features.environment.test_other_files import DS_EC2

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
    return UserData(StackDirectory(project.stack("default")), project).write(SETTINGS)


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


def lock_of(count: int, root: Path) -> str:
    """Return a lock of so many packages for the environment of this project."""
    packages = tuple(
        LockedPackage(
            name=f"p{n}",
            version="1.0",
            build="0",
            url=f"https://conda.anaconda.org/conda-forge/linux-64/p{n}-1.0-0.conda",
            sha256=hashlib.sha256(str(n).encode()).hexdigest(),
            size=1,
        )
        for n in range(count)
    )
    return lock_file.text(Solution(cuda="12.8", packages=packages), (root / "environment.yml").read_bytes())


def sent(root: Path) -> tuple[set[str], str]:
    """Render, and return the names of the user's files on the host and the sha256 that it waits for."""
    render(root)
    packed = (root / "terraform" / "user-data.yaml.gz").read_bytes()
    assert len(packed) <= cloud_init.LIMIT_BYTES
    files = files_of(yaml.safe_load(gzip.decompress(packed)))
    awaited = re.search(rb"^LOCK_SHA256='?(\w*)", files["/etc/gpuinfra/bootstrap.env"], re.M)
    assert awaited
    return {Path(name).name for name in files if name.startswith("/etc/gpuinfra/")}, awaited[1].decode()


def test_a_short_lock_travels_with_the_first_boot(root: Path) -> None:
    """A host installs a lock that fits into user-data without our help."""
    (root / "environment.lock").write_text(lock_of(20, root))
    names, awaited = sent(root)
    assert "conda.lock" in names
    assert awaited == ""


def test_of_a_long_lock_only_the_hash_travels(root: Path) -> None:
    """Hashes do not compress: 250 packages are over what EC2 accepts, so the file follows over ssh."""
    text = lock_of(250, root)
    (root / "environment.lock").write_text(text)
    names, awaited = sent(root)
    assert "conda.lock" not in names
    assert awaited == hashlib.sha256(text.encode()).hexdigest()


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


def test_requirements_alone_make_a_host(root: Path) -> None:
    """ds-ec2's project: no environment.yml, and the host gets Python, pip and these lines."""
    (root / "environment.yml").unlink()
    (root / "requirements.txt").write_text(DS_EC2)
    (told,) = render(root)
    assert "Python 3.12 is installed, then requirements.txt" in told
    packed = (root / "terraform" / "user-data.yaml.gz").read_bytes()
    files = files_of(yaml.safe_load(gzip.decompress(packed)))
    assert files["/etc/gpuinfra/requirements.txt"] == DS_EC2.encode()
    assert b'"python=3.12"' in files["/etc/gpuinfra/conda.yml"]


def test_files_that_are_too_long_are_told_without_writing(root: Path) -> None:
    """`env check` asks this: how long they are, how long they may be, which is the largest."""
    (root / "requirements.txt").write_text(
        "".join(f"p{hashlib.sha256(b'%d' % n).hexdigest()}\n" for n in range(500))
    )
    project = Project(root=root)
    with pytest.raises(ConfigError, match=r"EC2 accepts 16,384\. Its parts: requirements\.txt"):
        UserData(StackDirectory(project.stack("default")), project).require(SETTINGS)
    assert not (root / "terraform" / "user-data.yaml.gz").exists()
    assert not (root / "terraform" / "host-key-nonce").exists()
