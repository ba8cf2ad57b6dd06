"""requirements.txt: the files that it names, its encodings, and the checks of the pip section."""

from pathlib import Path

import pytest

from gpuinfra.features.environment.files import ProjectFiles
from gpuinfra.features.environment.lint import lint
from tests.features.environment.sample import SOUND


def project(root: Path, **texts: str | bytes) -> ProjectFiles:
    """Return a project with these files; `__` stands for a folder, `_` for a dot."""
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (root / "environment.yml").write_text(SOUND)
    return ProjectFiles(root)


def told(files: ProjectFiles) -> list[str]:
    """Return the findings of both files as lines."""
    report = lint(files.environment(), travels=files.travels(), lines=files.requirement_lines())
    return [finding.text() for finding in report.findings]


def test_a_plain_file_goes_byte_for_byte(tmp_path: Path) -> None:
    """A host that lives compares its sha256 with that of the file here."""
    text = "numpy  # fast\r\n\r\nrich>=13 \\\n    --hash=sha256:00"
    files = project(tmp_path, requirements_txt=text)
    assert files.requirements() == text.encode()
    assert told(files) == []


def test_files_that_it_names_travel_in_place(tmp_path: Path) -> None:
    """Each -r is replaced by the lines of that file, relative to the one that names it; a circle ends."""
    files = project(
        tmp_path,
        requirements_txt="-r reqs/base.txt\nrich\n",
        reqs__base_txt="numpy\n--requirement=more.txt\n-r ../requirements.txt\n",
        reqs__more_txt="pandas\n",
    )
    assert files.requirements() == b"numpy\npandas\nrich\n"
    assert told(files) == []


def test_a_finding_names_the_file_that_has_it(tmp_path: Path) -> None:
    """The line is that of the file as it is here."""
    files = project(tmp_path, requirements_txt="rich\n-r base.txt\n", base_txt="\n\nnumpy=>1\n")
    assert told(files) == [
        "base.txt:3: error: 'numpy=>1': the operator is the wrong way round; write: numpy>=1"
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-r missing.txt", "there is no such file in this project"),
        ("-r ../outside.txt", "there is no such file in this project"),
        ("-c constraints.txt", "a file of constraints is not sent; write its limits into requirements.txt"),
        ("-e .", "gpuinfra run -- pip install -e ."),
        ("./wheels/a-1.0-py3-none-any.whl", "a file on your machine"),
        (
            "torch==1.11.0+cu113",
            "write: --extra-index-url https://download.pytorch.org/whl/cu113 (a line before",
        ),
        ("pywin32==306", "for Windows or macOS only"),
        ("numpy=1.26", "pip wants two equals signs; write: numpy==1.26"),
    ],
)
def test_what_cannot_work_on_the_host_is_refused_by_its_line(tmp_path: Path, line: str, says: str) -> None:
    """As in the pip section: pip on the paid host tried it again and again."""
    (tmp_path / "outside.txt").write_text("numpy\n")
    root = tmp_path / "project"
    root.mkdir()
    (found,) = told(project(root, requirements_txt=f"rich\n{line}\n", constraints_txt="numpy<2\n"))
    assert found.startswith("requirements.txt:2: error: ")
    assert says in found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_powershell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    """`pip freeze > requirements.txt` makes UTF-16 there; the host gets UTF-8."""
    files = project(tmp_path, requirements_txt="numpy==1.26.4\r\nrich\r\n".encode(encoding))
    assert files.requirements() == b"numpy==1.26.4\nrich\n"
    assert told(files) == []


def test_hashes_are_left_to_pip(tmp_path: Path) -> None:
    """On lines that go on, as pip-compile writes them."""
    text = f"numpy==1.26.4 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\nrich=>1\n"
    assert told(project(tmp_path, requirements_txt=text)) == [
        "requirements.txt:4: error: 'rich=>1': the operator is the wrong way round; write: rich>=1"
    ]
