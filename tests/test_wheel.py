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
    assert shipped == module | tracked("cloud-init") | {"environment.yml"}
    with zipfile.ZipFile(built) as archive:
        assert not [name for name in archive.namelist() if archive.read(name) == b"private"]


def test_it_runs_from_an_empty_environment(built: Path, tmp_path: Path) -> None:
    """It knows that it is no clone: the next step is `init`, and a newer one comes by uv or pipx."""
    programs = wheel.install(built, tmp_path / "venv")
    (tmp_path / "project").mkdir()

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        argv, env = [str(programs / words[0]), *words[1:]], {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            argv, cwd=tmp_path / "project", env=env, capture_output=True, text=True, check=False
        )

    assert run("gpuinfra", "version").stdout == f"{VERSION}\n"
    lost = run("gpuinfra", "up", "--yes")
    assert lost.returncode == 2
    assert "no gpuinfra project at or above" in lost.stderr
    assert "next: cd into your project, there: gpuinfra init" in lost.stderr
    asked = (
        "from gpuinfra.ground import facts, locations; print(locations.upgrade(), facts.cuda_bases()[0].cuda)"
    )
    assert run("python", "-c", asked).stdout.startswith("uv tool upgrade gpuinfra")


def names(built: Path) -> set[str]:
    """Return the files of the package in a wheel."""
    with zipfile.ZipFile(built) as archive:
        return {name for name in archive.namelist() if name.startswith("gpuinfra/")}


def tracked(folder: str) -> set[str]:
    """Return what git has of a folder, what is not ignored included."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder]
    return set(subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
