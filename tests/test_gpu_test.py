"""The shipped test.py: what `python -m test` prints, on machines with and without GPUs and torch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "test.py"
TORCH = """\
__version__ = "2.9.0"
class version: cuda = {cuda!r}
class cuda:
    is_available = staticmethod(lambda: {names} != [])
    device_count = staticmethod(lambda: len({names}))
    get_device_name = staticmethod({names}.__getitem__)
"""
T4 = "GPU 0: Tesla T4 (UUID: x)\n"


def run(folder: Path, *, torch: list[str] | None, driver: str = "", pci: str = "") -> tuple[int, str]:
    """Run it with these; `pci` is the class of NVIDIA's one device on the bus. Return exit code and words."""
    device = folder / "pci/0000:00:1e.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x10de\n" if pci else "0x8086\n")
    (device / "class").write_text(f"{pci or '0x030000'}\n")
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\nprintf '{driver}'\n")
    (folder / "nvidia-smi").chmod(0o755)
    if torch is not None:
        (folder / "torch.py").write_text(TORCH.format(names=torch, cuda="12.8" if torch else None))
    (folder / "test.py").write_bytes(SCRIPT.read_bytes())
    code = f"import sys, test, pathlib; sys.exit(test.main(pathlib.Path({str(folder / 'pci')!r})) or None)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_gpu_that_works(tmp_path: Path) -> None:
    """Whether CUDA is there, how many devices, their names."""
    said = run(tmp_path, torch=["Tesla T4"], driver=T4, pci="0x030200")
    assert said == (0, "CUDA available: True\ndevice count: 1\ndevice 0: Tesla T4\n")


@pytest.mark.parametrize(
    ("torch", "driver", "says"),
    [
        ([], T4, "torch 2.9.0 (its CUDA: none) sees 0 of 1 GPUs"),
        ([], "", "sees 0 of 1 GPUs"),
        (["Tesla T4"], T4 + "GPU 1: Tesla T4\\n", "sees 1 of 2 GPUs"),
        (None, "", "0 of 1 GPUs answer nvidia-smi"),
    ],
    ids=["a CPU build of torch", "no driver", "one of two", "neither torch nor driver"],
)
def test_a_gpu_that_does_not(torch: list[str] | None, driver: str, says: str, tmp_path: Path) -> None:
    """Where the machine has a GPU that Python cannot use, it says which and fails."""
    code, said = run(tmp_path, torch=torch, driver=driver, pci="0x030200")
    assert code == 1
    assert says in said


def test_no_torch(tmp_path: Path) -> None:
    """That is said; the driver's word counts."""
    code, said = run(tmp_path, torch=None, driver=T4, pci="0x030200")
    assert (code, "torch is not in this environment" in said, "Tesla T4" in said) == (0, True, True)


def test_a_machine_without_a_gpu(tmp_path: Path) -> None:
    """That is no failure; NVIDIA's network cards (class 02) are no GPUs."""
    code, said = run(tmp_path, torch=[], pci="0x020000")
    assert code == 0
    assert said.endswith("device count: 0\nthis machine has no NVIDIA GPU\n")


def test_a_part_of_a_gpu(tmp_path: Path) -> None:
    """Of GPUs that are divided torch shows one part, and says so in its name."""
    two = T4 + "GPU 1: H100\\n"
    assert run(tmp_path, torch=["H100 MIG 1g.10gb"], driver=two, pci="0x030200")[0] == 0
