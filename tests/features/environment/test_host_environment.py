"""environment.yml is split here, by the one parser; the host reads the parts and parses nothing."""

import hashlib
import json
from pathlib import Path

import pytest

from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.host_environment import HostEnvironment, pip_parts, split
from gpuinfra.features.environment.lint import lint, require
from gpuinfra.features.environment.solution import Solution
from gpuinfra.ground.errors import ConfigError
from tests.features.environment.sample import SOUND


def parts(text: str, *, has_requirements: bool = False, lock: str = "") -> HostEnvironment:
    """Return what the host is told of an environment.yml that passes the checks."""
    report = lint(text.encode())
    require(report)
    return split(report.document, has_requirements=has_requirements, lock=lock)


def conda(told: HostEnvironment) -> dict[str, object]:
    """Return what the host's conda reads."""
    found: dict[str, object] = json.loads(told.conda_yml)
    return found


PIP = "  - pip:\n    - rich\n    - -e git+https://github.com/o/l#egg=l\n"


@pytest.mark.parametrize(
    ("text", "name", "dependencies", "pip"),
    [
        (SOUND, "gpu", ["python=3.12"], ()),
        (SOUND.replace("name: gpu\n", ""), "gpuinfra", ["python=3.12"], ()),
        (SOUND.replace("name: gpu", "name: gpu_2.x"), "gpu_2.x", ["python=3.12"], ()),
        (SOUND + PIP, "gpu", ["python=3.12", "pip"], ("rich", "-e git+https://github.com/o/l#egg=l")),
        (SOUND + "  - pip:\n", "gpu", ["python=3.12"], ()),
        (SOUND + "prefix: /opt/x\n", "gpu", ["python=3.12"], ()),
    ],
)
def test_the_parts_of_what_passes(
    text: str, name: str, dependencies: list[str], pip: tuple[str, ...]
) -> None:
    """Each part is the one that was written; pip is added where pip has work to do."""
    told = parts(text)
    assert (told.name, told.pip) == (name, pip)
    assert conda(told) == {"channels": ["conda-forge"], "dependencies": dependencies}


@pytest.mark.parametrize(
    "text",
    [
        SOUND.replace("name: gpu", "name: base"),
        SOUND.replace("name: gpu", "name: 3.10"),
        SOUND.replace("name: gpu", "name: -x"),
        SOUND.replace("dependencies:", "dependancies:"),
        SOUND.replace("- python=3.12", "- 3.12"),
        SOUND.replace("- python=3.12", "- python: 3.12"),
        SOUND + "  - pip:\n    - -e .\n",
        SOUND + "  - pip:\n    - ./lib\n",
        SOUND + "  - pip:\n    - -r other.txt\n",
        "name: [",
        "- a\n",
    ],
)
def test_what_a_host_could_not_use_is_refused_here(text: str) -> None:
    """The host has no parser of its own, so nothing wrong may get past this one."""
    with pytest.raises(ConfigError):
        parts(text)


def test_a_requirements_file_needs_pip() -> None:
    """A host that shall run pip for requirements.txt gets pip with the environment."""
    assert conda(parts(SOUND, has_requirements=True))["dependencies"] == ["python=3.12", "pip"]


def test_nodefaults_is_no_channel_of_the_host() -> None:
    """Some versions of conda take `nodefaults` for the name of a channel."""
    text = SOUND.replace("  - conda-forge\n", "  - conda-forge\n  - nodefaults\n")
    assert conda(parts(text))["channels"] == ["conda-forge"]


def test_variables_keep_their_kind() -> None:
    """The variables of the environment reach conda as YAML gives them."""
    text = SOUND + "variables:\n  A: 1\n  B: yes\n  C: text\n  D:\n"
    assert conda(parts(text))["variables"] == {"A": 1, "B": True, "C": "text", "D": None}


def test_the_names_that_the_host_imports() -> None:
    """Channels, versions, options and addresses are no part of a name."""
    text = SOUND + "  - conda-forge::numpy>=2\n  - pip\n" + PIP + "    - torch==2.7\n"
    assert parts(text).requested == ("python", "numpy", "pip", "rich", "torch")


@pytest.mark.parametrize(("cuda", "major"), [("12.8", "12"), ("13", "13"), ("", "")])
def test_the_cuda_of_a_lock_is_told(cuda: str, major: str) -> None:
    """The host compares it with its driver before anything is downloaded."""
    text = lock_file.text(Solution(cuda=cuda, packages=()), SOUND.encode())
    assert parts(SOUND, lock=text).cuda_major == major


@pytest.mark.parametrize(
    ("package", "major"),
    [("cuda-version=12.6", "12"), ("nvidia::cuda-toolkit >=11", "11"), ("cuda-version", ""), ("numpy=2", "")],
)
def test_the_cuda_that_is_asked_for_is_told(package: str, major: str) -> None:
    """A package that binds CUDA binds the driver."""
    assert parts(SOUND + f"  - {package}\n").cuda_major == major


def test_the_pip_sections_are_told_by_the_hash_of_their_file(tmp_path: Path) -> None:
    """`docker build` hands them to the host, where the same file may lie; what cannot be read is left out."""
    sound, broken = tmp_path / "sound.yml", tmp_path / "broken.yml"
    sound.write_text(SOUND + PIP)
    broken.write_text("name: [")
    told = pip_parts([sound, broken, tmp_path / "missing.yml"])
    digest = hashlib.sha256((SOUND + PIP).encode()).hexdigest()
    assert told == {digest: ["rich", "-e git+https://github.com/o/l#egg=l"]}
