"""The proof's own logic, with stand-ins for nvidia-smi and torch: what it finds right, and what wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gpu import proof
from tests.host.guard.test_summary import gpu
from tests.host.test_gpu_benchmark import environment_with
from tests.waiting import PATIENCE_S

PROOF = Path(__file__).with_name("proof.py")

# Two GPUs, whose state is in files that the stand-in for torch writes: the time of the last product, the
# process that holds memory.
SMI = """#!{python}
import os, sys, time
state = {state!r}
if "driver_version" in sys.argv[1]:
    sys.exit(print("570.133.20, Disabled\\n570.133.20, Disabled"))
for n in range(2):
    try:
        busy = time.time() - os.path.getmtime(f"{{state}}/product-{{n}}") < 1
    except OSError:
        busy = False
    holders = [name.partition("-")[2] for name in os.listdir(f"{{state}}/held-{{n}}")]
    held = any(os.path.exists(f"/proc/{{pid}}") for pid in holders)
    load = {load}
    row = [n, "NVIDIA A10G", load, 1500 if held else 400, 23028, 41, "60.10"]
    if sys.argv[1] == "--query-gpu=index,name,memory.total":
        row = [row[0], row[1], row[4]]
    print(", ".join(map(str, row)))
"""
TORCH = """
import os, time
STATE = {state!r}
__version__ = "2.9"
float32, float16, uint8 = "float32", "float16", "uint8"
class version: cuda = "12.8"
class Tensor:
    def __init__(self, device): self.device = int(device.rpartition(":")[2] or 0)
    def __matmul__(self, other):
        open(f"{{STATE}}/product-{{self.device}}", "w").close()
        time.sleep(0.01)
        return self
    def pin_memory(self): return self
    def copy_(self, other, non_blocking): time.sleep(0.001)
def ones(*size, device, dtype):
    made = Tensor(device)
    if len(size) == 1:
        open(f"{{STATE}}/held-{{made.device}}/p-{{os.getpid()}}", "w").close()
    return made
def empty(size, dtype): return Tensor("")
def empty_like(one, device): return Tensor(device)
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 2)
    get_device_name = staticmethod(lambda number: "NVIDIA A10G")
    synchronize = staticmethod(lambda device: None)
"""


def prove(folder: Path, *, load: str) -> "subprocess.CompletedProcess[str]":
    """Run the proof on such a machine; load: how nvidia-smi comes to what it says."""
    state, commands = folder / "state", folder / "bin"
    for made in (state / "held-0", state / "held-1", commands):
        made.mkdir(parents=True)
    python = environment_with(folder, TORCH.format(state=str(state)))
    smi = commands / "nvidia-smi"
    smi.write_text(SMI.format(python=sys.executable, state=str(state), load=load))
    smi.chmod(0o755)
    env = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}
    argv = [python, str(PROOF), "--readings", "2"]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_a_machine_whose_gpus_are_read_right_has_a_table_of_yes(tmp_path: Path) -> None:
    """Idle, busy within seconds, memory held, every device: each with its number; it ends with 0."""
    done = prove(tmp_path, load="99 if busy else 0")
    assert (done.returncode, "| NO |" in done.stdout) == (0, False), done.stdout + done.stderr
    for row in (
        r"\| gpu.read sees the GPUs \| yes \| 2: NVIDIA A10G with 23028 MiB",
        r"\| GPU 1 idle is read as idle \| yes \| 0 % at most",
        r"\| GPU 1 multiplying is read as busy \| yes \| after \d+\.\d s",
        r"\| GPU 0 memory held is seen \| yes \| 1100 MiB more",
        r"\| GPU 0 memory held is no load \| yes \| 0",
        r"\| every GPU multiplied \| yes \| 2 of 2",
        r"\| GPU 1 speed \| yes \| [\d.]+ TFLOP/s FP32",
        r"    0, NVIDIA A10G, \d+, 400, 23028, 41, 60.10",
    ):
        assert re.search(row, done.stdout), f"{row}\n{done.stdout}"


def test_what_is_read_wrong_is_told_and_ends_with_1(tmp_path: Path) -> None:
    """Memory that counts as load: the row says NO, and the others go on."""
    done = prove(tmp_path, load="99 if busy or held else 0")
    assert done.returncode == 1
    assert "| GPU 0 memory held is no load | NO | 99" in done.stdout, done.stdout + done.stderr
    assert "| every GPU multiplied | yes | 2 of 2" in done.stdout


def test_the_highest_of_some_readings_is_what_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """One burst among idle readings is a load; a GPU that never tells has none; a NO is counted."""
    answers = [(0.0, None), (40.0, None), (3.0, None)]
    read = iter([[gpu(load, index=n) for n, load in enumerate(one)] for one in answers])
    assert proof.highest(lambda: next(read), 3, lambda _: None) == [40, None]
    report = proof.Report()
    report.add("GPU 0 idle is read as idle", False, "40 % at most")
    assert (report.failed, capsys.readouterr().out) == (
        1,
        "| GPU 0 idle is read as idle | NO | 40 % at most |\n",
    )


def test_a_divided_gpu_tells_no_load_and_that_is_right(tmp_path: Path) -> None:
    """With MIG there is no load to prove; the rest is."""
    done = prove(tmp_path, load="'[N/A]'")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| GPU 0 tells its load | yes | no (divided by MIG" in done.stdout


def test_a_machine_without_gpus_is_told_in_a_line(tmp_path: Path) -> None:
    """No traceback, and no table that looks like a proof."""
    env = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(PROOF)], env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "nvidia-smi cannot be read: there is no nvidia-smi"
