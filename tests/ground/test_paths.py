"""Where things are: the project, its stacks, the user's directories."""

from pathlib import Path

import pytest

from gpuinfra.ground import locations, paths
from gpuinfra.ground.errors import ConfigError


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The least that counts as a clone."""
    (tmp_path / "clone" / "terraform" / "modules" / "host").mkdir(parents=True)
    (tmp_path / "clone" / "terraform" / "main.tf").touch()
    return tmp_path / "clone"


def test_a_clone_is_found_from_within(clone: Path) -> None:
    """From any directory in it."""
    for start in (clone, clone / "terraform", clone / "terraform" / "modules"):
        assert paths.find_project(start, {}).root == clone


def test_a_named_project_wins_and_must_be_one(clone: Path, tmp_path: Path) -> None:
    """GPUINFRA_PROJECT is an order, not a hint."""
    assert paths.find_project(Path("/"), {"GPUINFRA_PROJECT": str(clone)}).root == clone
    with pytest.raises(ConfigError, match="no gpuinfra project"):
        paths.find_project(clone, {"GPUINFRA_PROJECT": str(tmp_path)})


def test_stacks(clone: Path) -> None:
    """The default stack is the module itself; each other one has a directory of its own."""
    project = paths.Project(root=clone)
    assert project.stack("default").directory == clone / "terraform"
    assert project.stack("b").state == clone / "terraform" / "stacks" / "b" / "terraform.tfstate"


def test_xdg_directories() -> None:
    """The specification: an absolute path counts, a relative one is as unset."""
    assert paths.state_home({"XDG_STATE_HOME": "/s"}) == Path("/s/gpuinfra")
    assert paths.cache_home({"XDG_CACHE_HOME": "/c"}) == Path("/c/gpuinfra")
    for value in ("", "relative/path"):
        assert paths.state_home({"XDG_STATE_HOME": value}) == Path.home() / ".local/state/gpuinfra"


def test_a_marked_folder_inside_a_dot_folder_is_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """~/.local/src/x with .git is one; ~/.dotfiles is what programs keep, git or not."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in (".local/src/x/.git", ".dotfiles/.git", "p"):
        (tmp_path / folder).mkdir(parents=True)
    personal = {
        name: locations.is_personal(f"{tmp_path}/{name}") for name in (".local/src/x", ".dotfiles", "p")
    }
    assert personal == {".local/src/x": False, ".dotfiles": True, "p": False}


def test_a_project_of_the_users_is_known_by_its_values_or_its_state(tmp_path: Path) -> None:
    """One of the two may be gone; the folder's name alone is nothing: this repository has one, too."""
    folder = tmp_path / "p" / "gpuinfra"
    folder.mkdir(parents=True)
    assert not locations.find_project(str(folder), {})
    for name in ("terraform.tfvars", "terraform.tfstate"):
        (folder / name).touch()
        assert locations.find_project(str(folder), {}) == str(tmp_path / "p")
        (folder / name).unlink()


def test_stacks_of_a_users_project(tmp_path: Path) -> None:
    """All lie in its one folder; module and templates are those of the program."""
    (tmp_path / "gpuinfra").mkdir()
    (tmp_path / "gpuinfra/terraform.tfvars").touch()
    project = paths.find_project(tmp_path, {})
    assert project.stack("default").directory == tmp_path / "gpuinfra"
    assert project.stack("b").directory == tmp_path / "gpuinfra/stacks/b"
    assert [stack.name for stack in project.stacks()] == ["default"]
    assert (project.module / "main.tf").is_file()
    assert (project.templates / "user-data.yaml.j2").is_file()
    assert tmp_path not in project.module.parents
    assert paths.tools(project, {"XDG_CACHE_HOME": "/c"}) == Path("/c/gpuinfra/tools")


def test_a_home_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what lies above it."""
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    (tmp_path / "ada" / "work").mkdir(parents=True)
    for directory in (tmp_path / "ada", tmp_path):
        with pytest.raises(ConfigError, match="is no project"):
            paths.new_project(directory)
    assert paths.new_project(tmp_path / "ada/work").root == tmp_path / "ada/work"
