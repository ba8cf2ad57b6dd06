"""A project without environment.yml: each other kind of file works, or is answered with what to do."""

from pathlib import Path

import pytest

from gpuinfra.features.environment.files import ProjectFiles
from gpuinfra.features.environment.lint import lint
from gpuinfra.ground.errors import ConfigError

# of ds-ec2 (2023), which has no environment.yml
DS_EC2 = (
    "matplotlib\nseaborn\nnumpy\ndatasets\npandas\nscikit-learn\nboto3\nnltk\ntransformers\nspacy\njupyter\n"
    "jupyterlab\n"
)


def told(files: ProjectFiles) -> list[str]:
    """Return what is said of the files."""
    report = lint(files.environment(), travels=files.travels(), lines=files.requirement_lines())
    return [finding.text() for finding in report.findings]


def test_requirements_alone_are_enough(tmp_path: Path) -> None:
    """A Python of ours, then pip; it is said which Python."""
    (tmp_path / "requirements.txt").write_text(DS_EC2)
    files = ProjectFiles(tmp_path)
    assert files.requirements() == DS_EC2.encode()
    assert b"python=3.12" in files.environment()
    (only,) = told(files)
    assert only.endswith("there is no environment.yml: Python 3.12 is installed, then requirements.txt")


@pytest.mark.parametrize(
    ("asked", "python"),
    [
        ("", "3.12"),
        (">=3.9", "3.12"),
        (">=3.13", "3.13"),
        (">=3.9,<3.12", "3.11"),
        ("~=3.10", "3.12"),
        ("==3.10.*", "3.10"),
        (">=3.8,!=3.12.*,<4", "3.13"),
        ("strange", "3.12"),
    ],
)
def test_the_dependencies_of_a_pyproject_are_enough(tmp_path: Path, asked: str, python: str) -> None:
    """PEP 621; the Python is one that the project takes."""
    text = f'[project]\nname = "p"\ndependencies = ["rich>=13", "numpy"]\nrequires-python = "{asked}"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    files = ProjectFiles(tmp_path)
    assert files.requirements() == b"rich>=13\nnumpy\n"
    assert f"python={python}\n".encode() in files.environment()
    assert told(files) == [
        f"environment.yml:1: warning: there is no environment.yml: Python {python} is installed,"
        " then the dependencies of pyproject.toml"
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("environment.yaml", "mv environment.yaml environment.yml"),
        ("conda.yaml", "mv conda.yaml environment.yml"),
        ("env.yml", "mv env.yml environment.yml"),
        ("pixi.lock", "pixi workspace export conda-environment environment.yml"),
        ("pixi.toml", "pixi workspace export conda-environment environment.yml"),
        ("uv.lock", "uv export --no-hashes --no-emit-project --output-file requirements.txt"),
        ("poetry.lock", "poetry export --without-hashes --output requirements.txt"),
        ("pdm.lock", "pdm export --without-hashes --output requirements.txt"),
        ("Pipfile.lock", "pipenv requirements > requirements.txt"),
        ("Pipfile", "pipenv lock && pipenv requirements > requirements.txt"),
    ],
)
def test_another_tools_file_is_answered_with_the_one_command(tmp_path: Path, name: str, hint: str) -> None:
    """It is named, and so is what is missing; a pyproject.toml beside a lock is not taken for it."""
    (tmp_path / name).write_text("")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["rich"]\n')
    with pytest.raises(ConfigError, match=rf"environment\.yml is missing.*{name}") as caught:
        ProjectFiles(tmp_path).environment()
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[tool.poetry.dependencies]\nrich = "*"\n', "no list 'dependencies' under"),
        ('[project]\ndynamic = ["dependencies"]\n', "no list 'dependencies' under"),
        ("[project]\ndependencies = [1]\n", "no list 'dependencies' under"),
        ("project = 1\n", "no list 'dependencies' under"),
        ("[project\n", "is no TOML"),
    ],
)
def test_a_pyproject_that_says_nothing_is_told(tmp_path: Path, text: str, says: str) -> None:
    """Nothing is guessed."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        ProjectFiles(tmp_path).environment()


def test_another_name_goes_before_requirements(tmp_path: Path) -> None:
    """Else a host would come up without what conda.yaml asks for, and nobody would know."""
    (tmp_path / "requirements.txt").write_text("rich\n")
    (tmp_path / "conda.yaml").write_text("dependencies: [numpy]\n")
    with pytest.raises(ConfigError, match=r"conda\.yaml is there"):
        ProjectFiles(tmp_path).environment()
