"""What is installed carries all that a project needs, and nothing of whoever built it."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from gpuinfra.version import VERSION
from tests import wheel
from tests.wheel import ROOT

SHIPPED = "gpuinfra/shipped/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return wheel.build(tmp_path_factory.mktemp("wheel"))


def test_all_of_the_package_is_in_it(built: Path) -> None:
    """Each file that git has of it, be it Python, a script, or data."""
    assert tracked("gpuinfra") == {name for name in names(built) if not name.startswith(SHIPPED)}


def test_module_and_templates_are_in_it_and_nothing_else(built: Path) -> None:
    """Without tests, examples and policies; no values, no state, though they lay there when it was built."""
    shipped = {name.removeprefix(SHIPPED) for name in names(built) if name.startswith(SHIPPED)}
    module = {name for name in tracked("terraform") if name.count("/") == 1 or "/modules/" in name}
    assert shipped == module | tracked("cloud-init") | {"environment.yml", "test.py"}
    with zipfile.ZipFile(built) as archive:
        assert not [name for name in archive.namelist() if archive.read(name) == b"private"]


@pytest.fixture(scope="module")
def programs(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment that it was installed into."""
    return wheel.install(built, tmp_path_factory.mktemp("installed") / "venv")


def test_it_runs_from_an_empty_environment(programs: Path, tmp_path: Path) -> None:
    """It knows that it is no clone: the next step is `init`, and a newer one is a newer wheel."""
    assert run(programs, tmp_path, "gpuinfra", "version").stdout == f"{VERSION}\n"
    lost = run(programs, tmp_path, "gpuinfra", "up", "--yes")
    assert lost.returncode == 2
    assert "no gpuinfra project at or above" in lost.stderr
    assert "next: cd into your project, there: gpuinfra init" in lost.stderr
    asked = (
        "from gpuinfra.ground import facts, locations as l; print(l.upgrade(), facts.cuda_bases()[0].cuda)"
    )
    assert run(programs, tmp_path, "python", "-c", asked).stdout.startswith("git pull && uv build --wheel")


def test_what_somebody_put_there_is_no_project_of_ones_own(programs: Path, tmp_path: Path) -> None:
    """A folder of our name in a repository from elsewhere: its Terraform would run, so it is asked about."""
    (tmp_path / "project/gpuinfra").mkdir(parents=True)
    (tmp_path / "project/gpuinfra/theirs.tf").touch()
    done = run(programs, tmp_path, "gpuinfra", "init", "--cidr", "203.0.113.7/32")
    assert done.returncode == 2
    assert f"{tmp_path}/project is a gpuinfra project that you have not trusted" in done.stderr
    assert [path.name for path in (tmp_path / "project/gpuinfra").iterdir()] == ["theirs.tf"]


def run(programs: Path, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in a project below a home, with nothing else in its environment."""
    (home / "project").mkdir(exist_ok=True)
    argv, env = [str(programs / words[0]), *words[1:]], {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(argv, cwd=home / "project", env=env, capture_output=True, text=True, check=False)


def names(built: Path) -> set[str]:
    """Return the files of the package in a wheel."""
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if name.startswith("gpuinfra/")}


def tracked(folder: str) -> set[str]:
    """Return what git has of a folder, what is not ignored included."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    return set(subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
