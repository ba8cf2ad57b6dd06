"""The folder gpuinfra/ of a user's project: links to our module, or after `eject` a module of their own."""

import subprocess
from pathlib import Path

import pytest

from gpuinfra.ground.paths import Project
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.tools.terraform.project_folder import ProjectFolder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which `init` was said."""
    (tmp_path / "p/gpuinfra").mkdir(parents=True)
    (tmp_path / "p/gpuinfra/terraform.tfvars").write_text("# mine\n")
    return Project(root=tmp_path / "p")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """What some version of gpuinfra carries along."""
    return shipped(tmp_path / "v1")


def shipped(version: Path) -> Path:
    """Make the module of a version."""
    module = version / "gpuinfra/shipped/terraform"
    (module / "modules/host").mkdir(parents=True)
    for name in ("main.tf", "variables.tf", ".terraform.lock.hcl", "terraform.tfvars.example"):
        (module / name).write_text(f"# {version.name}\n")
    (module / "modules/host/main.tf").write_text(f"# {version.name}\n")
    return module


def test_another_version_takes_over(project: Project, module: Path, tmp_path: Path) -> None:
    """The links lead to the program that runs now, a file that it lost is gone, the user's own stays."""
    (module / "old.tf").touch()
    link_module(module, project.folder)
    (project.folder / "mine.tf").write_text("# mine\n")
    (project.folder / "theirs.tf").symlink_to(project.folder / "mine.tf")
    newer = shipped(tmp_path / "v2")
    (module / "old.tf").unlink()
    link_module(newer, project.folder)
    assert (project.folder / "main.tf").read_text() == "# v2\n"
    assert (project.folder / "modules/host/main.tf").read_text() == "# v2\n"
    assert not (project.folder / "old.tf").is_symlink()
    assert (project.folder / "theirs.tf").read_text() == "# mine\n"


def test_a_version_that_was_removed_is_replaced(project: Project, module: Path, tmp_path: Path) -> None:
    """As when a tool's own environment is made anew in another place."""
    link_module(module, project.folder)
    newer = shipped(tmp_path / "v2")
    module.rename(tmp_path / "gone")
    link_module(newer, project.folder)
    assert (project.folder / "main.tf").read_text() == "# v2\n"


def test_eject_makes_it_all_the_users(project: Project, module: Path) -> None:
    """Copies, nothing of ours behind them; other stacks lead to these; a second version changes nothing."""
    folder = project.folder
    for directory in (folder, folder / "stacks/b"):
        link_module(module, directory)
    ProjectFolder(folder).eject(module)
    assert project.is_ejected
    assert project.module == folder
    assert not [path for path in folder.iterdir() if path.is_symlink()]
    assert (folder / "stacks/b/main.tf").readlink() == Path("../../main.tf")
    assert (folder / "terraform.tfvars").read_text() == "# mine\n"
    (folder / "main.tf").write_text("# edited\n")
    link_module(module, folder)
    assert (folder / "main.tf").read_text() == "# edited\n"


def test_a_crash_of_eject_is_gone_on_from(project: Project, module: Path) -> None:
    """main.tf is the last: until then the project has our module."""
    link_module(module, project.folder)
    (project.folder / ".modules.new/host").mkdir(parents=True)
    (project.folder / "variables.tf").unlink()
    (project.folder / "variables.tf").write_text("# v1\n")
    assert not project.is_ejected
    ProjectFolder(project.folder).eject(module)
    assert project.is_ejected
    assert (project.folder / "modules/host/main.tf").read_text() == "# v1\n"


def test_what_git_sees_is_the_users(project: Project, module: Path) -> None:
    """Values of all stacks before `eject`, the module, too, after it; nothing private ever."""
    folder = project.folder
    link_module(module, folder)
    link_module(module, folder / "stacks/b")
    ProjectFolder(folder).was_of("1.0")
    private = ("terraform.tfstate", "terraform.tfstate.backup", "user-data.yaml.gz", "host-key-nonce")
    for name in private:
        (folder / name).touch()
        (folder / "stacks/b" / name).touch()
    (folder / "stacks/b/terraform.tfvars").touch()
    values = {".gitignore", "terraform.tfvars", "stacks/b/terraform.tfvars"}
    assert seen_by_git(project) == values
    ProjectFolder(folder).eject(module)
    added = seen_by_git(project) - values
    assert {"main.tf", "modules/host/main.tf", ".terraform.lock.hcl"} <= added
    assert not {Path(name).name for name in added} & {*private, ".gpuinfra-version"}


def test_a_gitignore_of_the_users_is_left_alone(project: Project, module: Path) -> None:
    """They may share their state; that is theirs to say."""
    link_module(module, project.folder)
    (project.folder / ".gitignore").write_text("# mine\n")
    ProjectFolder(project.folder).was_of("1.0")
    ProjectFolder(project.folder).eject(module)
    assert (project.folder / ".gitignore").read_text() == "# mine\n"


def test_another_version_is_told_once(project: Project) -> None:
    """Neither the first, nor the same again, is news."""
    folder = ProjectFolder(project.folder)
    assert [folder.was_of(version) for version in ("1.0", "1.0", "1.1", "1.1")] == ["", "", "1.0", ""]


def seen_by_git(project: Project) -> set[str]:
    """Return what a commit of everything would hold of the folder."""
    git = ["git", "-C", str(project.root)]
    subprocess.run([*git, "init", "-q"], check=True)
    argv = [*git, "ls-files", "--others", "--exclude-standard", "gpuinfra"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return {line.removeprefix("gpuinfra/") for line in done.stdout.splitlines()}
