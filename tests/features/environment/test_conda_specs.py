"""Conda packages."""

import pytest

from gpuinfra.features.environment.conda_specs import for_solver
from gpuinfra.features.environment.yaml_document import parse
from tests.features.environment.sample import SOUND, findings, of_conda


@pytest.mark.parametrize(
    ("spec", "says", "suggestion"),
    [
        ("pandas=>2", "the operator is the wrong way round", "- pandas>=2"),
        ("pandas=<2", "the operator is the wrong way round", "- pandas<=2"),
        ("num py", "has a space", "- num-py"),
        ("numpy=1.O", "a letter in the version", "- numpy=1.0"),
        ("numpy=l.2", "a letter in the version", "- numpy=1.2"),
        ("numpy>=1.2I", "a letter in the version", "- numpy>=1.21"),
        ("uvicorn[standard]", "extras in [ ] are pip's", "- uvicorn"),
        ("numpy ^1.2", "^ is not conda's", "- numpy>=1.2"),
        ("numpy>=", "a version is missing", ""),
        ("\"numpy; python_version<'3'\"", "conditions after ; work in pip lines only", ""),
        ("./local", "does not begin with the name of a package", ""),
        ("torch>=2", "conda has no package 'torch'", "- pytorch>=2"),
        ("sklearn", "conda has no package 'sklearn'", "- scikit-learn"),
        ("python3", "conda has no package 'python3'", "- python"),
    ],
)
def test_an_error_says_what_to_write(spec: str, says: str, suggestion: str) -> None:
    """What conda cannot understand, or has not, is refused with its line."""
    found = [f for f in of_conda(spec) if f.severity == "error"]
    assert [f.line for f in found] == [6]
    assert says in found[0].message
    assert found[0].suggestion == suggestion


@pytest.mark.parametrize(
    ("spec", "suggestion"),
    [
        ("pandsa", "- pandas"),
        ("numppy=1.26", "- numpy=1.26"),
        ("pytroch", "- pytorch"),
        ("scikit-lern", "- scikit-learn"),
        ("pil", "- pillow"),
        ("pytorch-cuda=12.4", "- pytorch-gpu and - cuda-version=12.4"),
        ("cpuonly", "- pytorch-gpu"),
    ],
)
def test_a_doubt_is_a_warning(spec: str, suggestion: str) -> None:
    """What may exist is not refused."""
    assert [(f.severity, f.line, f.suggestion) for f in of_conda(spec)] == [("warning", 6, suggestion)]


def test_an_unknown_channel_may_have_any_name() -> None:
    """With a channel of one's own in the list a wrong name is only doubted."""
    found = of_conda("torch", channel="my-company")
    assert [(f.line, f.severity) for f in found] == [(3, "warning"), (6, "warning")]


@pytest.mark.parametrize(
    "spec",
    [
        *(
            "numpy",
            "numpy=1.26",
            "numpy==1.26.4",
            "numpy>=1.26,<2",
            "numpy >=1.26, <2",
            "numpy 1.26.*",
            "numpy~=1.26",
        ),
        *(
            "numpy=1.26=py312*",
            "numpy 1.26.4 py312h_0",
            "numpy!=1.25",
            '"numpy>=1.26|<1.2"',
            "numpy=1.26.*=*openblas",
        ),
        *(
            "conda-forge::numpy=1.26",
            "conda-forge/linux-64::numpy",
            "\"numpy[version='>=1.26']\"",
            "numpy 1.26",
        ),
        *(
            "openssl=1.1.1l",
            "openssl=1.1.1o",
            "jpeg=9e",
            "tzdata=2024a",
            "pytorch=2.5.*=cuda*",
            "PyYAML",
            "_openmp_mutex",
        ),
        *(
            "pkg=1.0rc1",
            "pkg=2.0.0.post1",
            "pkg=0.1.dev0",
            '"pkg=1!2.0"',
            "pkg=1.2.3+cu121",
            "libgcc-ng",
            "r-base",
        ),
        *(
            "huggingface_hub",
            "faiss-gpu",
            "cuda-version=12.8",
            "cuda-toolkit=12.1",
            "cudatoolkit=11.8",
            "yaml",
            "cpython",
            "fastani",
            "tables",
            "msgpack",
            "pytorch * *cuda*",
            "mkl=2024.2.2=ha957f24_16",
        ),
    ],
)
def test_what_conda_understands_is_left_alone(spec: str) -> None:
    """No form that conda documents is called wrong, versions with letters included."""
    assert of_conda(spec) == []


@pytest.mark.parametrize(
    ("python", "severity", "says"),
    [
        ("numpy", "warning", "Python is not pinned"),
        ("python", "warning", "lets in any newer Python"),
        ("python>=3.10", "warning", "lets in any newer Python"),
        ("python=3.1", "error", "the Python of 2009"),
        ("python==3.11", "warning", "means 3.11.0"),
        ("python=3.1O", "error", "a letter in the version"),
        ("python=3.1o", "error", "a letter in the version"),
    ],
)
def test_python_is_pinned_to_a_minor_version(python: str, severity: str, says: str) -> None:
    """The newest Python often lacks packages; 3.1 is 3.10 with its zero eaten."""
    found = findings(SOUND.replace("python=3.12", python))
    assert [(f.severity, f.line) for f in found] == [(severity, 5)]
    assert says in found[0].message


@pytest.mark.parametrize(
    "python", ["python=3.12", "python 3.12.*", "python>=3.10,<3.13", "python=3.12.4", "python=3.13.0rc2"]
)
def test_a_pinned_python_is_left_alone(python: str) -> None:
    """All ways to pin it count."""
    assert findings(SOUND.replace("python=3.12", python)) == ()


def test_a_package_twice_is_told() -> None:
    """Both lines are named."""
    (found,) = findings(SOUND + "  - numpy\n  - NumPy>=1\n")
    assert (found.line, found.message) == (7, "'numpy' stands on line 6 already")


def test_the_solver_is_asked_for_pip_too() -> None:
    """As conda does on the host: the pip lines need it, and so may a requirements.txt."""
    assert for_solver(parse(SOUND)) == ["python=3.12", "pip"]
    assert for_solver(parse(SOUND + "  - pip>=24\n  - 'numpy  >=1'\n")) == [
        "python=3.12",
        "pip>=24",
        "numpy >=1",
    ]
