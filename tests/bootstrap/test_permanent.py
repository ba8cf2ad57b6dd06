"""Which words of conda, pip, git and Python end the bootstrap at once: run against lib.sh's own patterns."""

import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[2] / "cloud-init" / "scripts" / "lib.sh"
ASK = 'state_dir=$1 log_file=$1/log; . "$2"; set +e; last_output=$1/said; permanent_line'


def is_permanent(said: str, directory: Path) -> bool:
    """Tell whether the bootstrap takes these words for an end."""
    (directory / "said").write_text(f"{said}\n")
    argv = ["bash", "-c", ASK, "bash", str(directory), str(LIB)]
    return bool(subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip())


@pytest.mark.parametrize(
    "said",
    [
        "UnavailableInvalidChannel: HTTP 404 NOT FOUND for channel default <https://conda.anaconda.org/default>",
        '    f"Unfit: {x}"\n                ^\nSyntaxError: invalid syntax',
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'base.txt'",
        "ERROR: . is not a valid editable requirement. It should either be a path to a local project",
        "ERROR: Package 'x' requires a different Python: 3.8.20 not in '>=3.9'",
        "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==",
        "ERROR: x-1.0-cp39-cp39-win_amd64.whl is not a supported wheel on this platform.",
        "ERROR: file:///x does not appear to be a Python project: neither 'setup.py' nor",
        "error: metadata-generation-failed",
        "fatal: could not read Username for 'https://github.com': No such device or address",
        "remote: Repository not found.",
        "git@github.com: Permission denied (publickey).",
    ],
)
def test_what_another_try_cannot_mend_is_not_tried_again(said: str, tmp_path: Path) -> None:
    """Each was tried four times on a host that is paid for, and then again by systemd."""
    assert is_permanent(said, tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        "CondaHTTPError: HTTP 503 SERVICE UNAVAILABLE for url <https://conda.anaconda.org/conda-forge>",
        "WARNING: Retrying (Retry(total=4)) after connection broken\nerror: metadata-generation-failed",
        "fatal: unable to access 'https://github.com/': Could not resolve host: github.com",
        "ERROR: Failed building wheel for flash-attn",
    ],
)
def test_what_may_pass_is_tried_again(said: str, tmp_path: Path) -> None:
    """A network that failed makes pip say more than is true."""
    assert not is_permanent(said, tmp_path)
