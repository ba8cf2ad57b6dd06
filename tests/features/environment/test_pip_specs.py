"""The pip section."""

import pytest

from tests.features.environment.sample import SOUND, findings, of_pip


@pytest.mark.parametrize(
    ("line", "says", "suggestion"),
    [
        ("requests=2.31", "pip wants two equals signs", "- requests==2.31"),
        ("requests = 2.31", "pip wants two equals signs", "- requests==2.31"),
        ("numpy=>1", "the operator is the wrong way round", "- numpy>=1"),
        ("scikit learn", "has a space in its name", "- scikit-learn"),
        ("-e .", "a directory on your machine", ""),
        ("-e ../lib", "gpuinfra run -- pip install -e .", ""),
        ("torch @ file:///tmp/torch.whl", "a file on your machine", ""),
        ("--editable=../lib", "a directory on your machine", ""),
        (".", "a file on your machine", ""),
        ("./wheels/a-1.0-py3-none-any.whl", "a file on your machine", ""),
        ("a-1.0-py3-none-any.whl", "a file on your machine", ""),
        ("~/src/lib", "a file on your machine", ""),
        ("file:///src/lib", "a file on your machine", ""),
        ("C:\\src\\lib", "a file on your machine", ""),
        ("-r requirements-dev.txt", "only a requirements.txt beside this one is sent", "-r requirements.txt"),
        ("-c constraints.txt", "only a requirements.txt beside this one is sent", ""),
        ("pytorch>=2", "pip cannot install 'pytorch'", "- torch>=2"),
        ("sklearn", "pip cannot install 'sklearn'", "- scikit-learn"),
        ("python==3.12", "not pip's to install", ""),
        ("requests>>2", "pip does not understand '>>2'", ""),
        ("'@home'", "does not begin with the name of a package", ""),
    ],
)
def test_an_error_says_what_to_write(line: str, says: str, suggestion: str) -> None:
    """What would end the boot in the pip step is refused before."""
    found = of_pip(line)
    assert [(f.severity, f.line, f.suggestion) for f in found] == [("error", 7, suggestion)]
    assert says in found[0].message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("git+https://github.com/org/lib", "name a commit"),
        ("lib @ git+https://github.com/org/lib@main", "name a commit"),
        ("git+ssh://git@github.com/org/lib", "needs a key and port 22"),
        ("--index-url http://pypi.example/simple", "comes in clear"),
        ("--find-links=http://pypi.example/", "comes in clear"),
        ("--trusted-host pypi.example", "does not check who answers"),
        ("lib @ http://example.org/lib.whl", "comes in clear"),
        ("git+http://example.org/lib@" + "0" * 40, "comes in clear"),
        ("opencv", "looks wrong"),
        ("transformrs", "looks wrong"),
    ],
)
def test_a_doubt_is_a_warning(line: str, says: str) -> None:
    """What may work is not refused."""
    assert [(f.severity, f.line, says in f.message) for f in of_pip(line)] == [("warning", 7, True)]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "requests",
            "requests==2.31",
            "requests>=2,<3",
            "requests ~= 2.31",
            "uvicorn[standard]>=0.30",
            "a===1.0.1",
        ),
        *(
            "'requests>=2 ; python_version < \"4\"'",
            "requests (>=2)",
            f"a==1 --hash=sha256:{'0' * 64}",
        ),
        *(
            "--extra-index-url https://download.pytorch.org/whl/cu128",
            "--pre",
            "https://example.org/a-1.0.tar.gz",
        ),
        "lib @ https://example.org/lib-1.0-py3-none-any.whl",
        f"git+https://github.com/org/lib@{'a1' * 20}",
        f"-e git+https://github.com/org/lib@{'a1' * 20}#egg=lib",
        "-r https://example.org/requirements.txt",
    ],
)
def test_what_pip_understands_is_left_alone(line: str) -> None:
    """No form that pip documents is called wrong."""
    assert of_pip(line) == []


def test_a_requirements_file_that_is_sent_may_be_named() -> None:
    """The host has it beside environment.yml; one that is not there is refused."""
    assert of_pip("-r requirements.txt", travels={"requirements.txt"}) == []
    assert of_pip("-r requirements.txt")[0].severity == "error"


def test_a_package_by_conda_and_by_pip_is_told() -> None:
    """pip's copy replaces conda's; torch is conda's pytorch."""
    found = findings(SOUND + "  - pytorch\n  - numpy\n  - pip:\n    - torch\n    - NumPy>=1\n")
    assert [(f.severity, f.line) for f in found] == [("warning", 9), ("warning", 10)]
    assert "(line 6)" in found[0].message
