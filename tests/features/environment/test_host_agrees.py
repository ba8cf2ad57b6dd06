"""The check here and the script on the host: what one refuses the other does not take."""

import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.solution import Solution
from tests.features.environment.sample import SOUND, findings

SCRIPT = Path(__file__).resolve().parents[3] / "cloud-init" / "scripts" / "environment.py"


def on_host(directory: Path, text: str, lock_text: str = "") -> tuple[int, Path]:
    """Run the host's script; return its exit code and where it wrote."""
    conf, out = directory / "conf", directory / "out"
    conf.mkdir()
    out.mkdir()
    (conf / "environment.yml").write_text(text)
    if lock_text:
        (conf / "conda.lock").write_text(lock_text)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(conf), str(out)], capture_output=True, check=False
    )
    return done.returncode, out


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        SOUND.replace("name: gpu\n", ""),
        SOUND.replace("name: gpu", "name: gpu_2.x"),
        SOUND + "  - pip:\n    - rich\n    - -e git+https://github.com/o/l#egg=l\n",
        SOUND + "  - pip:\n",
        SOUND + "prefix: /opt/x\n",
        SOUND.replace("conda-forge", "nodefaults"),
    ],
)
def test_what_passes_here_passes_there(tmp_path: Path, text: str) -> None:
    """No host is paid for to learn what could have been said before."""
    assert [f for f in findings(text) if f.severity == "error"] == []
    assert on_host(tmp_path, text)[0] == 0


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
def test_what_is_refused_there_is_refused_here(tmp_path: Path, text: str) -> None:
    """The host's refusals are the last resort."""
    assert on_host(tmp_path, text)[0] != 0
    assert [f for f in findings(text) if f.severity == "error"] != []


@pytest.mark.parametrize(("cuda", "major"), [("12.8", "12"), ("13", "13"), ("", "''")])
def test_the_host_reads_the_locks_cuda(tmp_path: Path, cuda: str, major: str) -> None:
    """It compares it with its driver before anything is downloaded."""
    text = lock_file.text(Solution(cuda=cuda, packages=()), SOUND.encode())
    code, out = on_host(tmp_path, SOUND, text)
    assert code == 0
    assert f"CUDA_MAJOR={major}\n" in (out / "environment.env").read_text()
    assert (out / "lock.txt").read_text() == text
