"""A host must have the GPUs that its type is sold with, and each must multiply: at every boot."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.ground.boot_status import GPU_CODE
from gpuinfra.simulator.lab.machines.host import SCRIPTS_DIR, fake_gpu
from gpuinfra.simulator.machine import FakeGpus
from tests.bootstrap.host import PERMANENT, Host
from tests.cloud_init.userdata import TEMPLATES
from tests.host.test_gpu_check import XID_79

TINY = "name: lab\nchannels: [conda-forge]\ndependencies: [python]\n"


@pytest.fixture
def four(host: Host) -> Callable[[dict[str, object]], Host]:
    """Return a host maker: a g4dn.12xlarge with faults of its fake nvidia-smi."""

    def make(faults: dict[str, object]) -> Host:
        fake = host.root / "fake-gpu"
        fake.mkdir()
        said = {**fake_gpu(FakeGpus(name="T4", count=4, memory_mib=15360)), "driver": "550.54.15", **faults}
        for name, value in said.items():
            (fake / name).write_text(f"{value}\n")
        host.command("nvidia-smi", f'FAKE_GPU={fake} exec sh {SCRIPTS_DIR / "nvidia-smi.sh"} "$@"')
        for card in range(int(str(said.get("count.fault", 4)))):
            device = host.root / f"sys/bus/pci/devices/{card}"
            device.mkdir(parents=True)
            (device / "vendor").write_text("0x10de\n")
            (device / "class").write_text("0x030200\n")
        host.values |= {"GPU_WAIT_S": "0", "GPU_SETTLE_S": "0", "INSTANCE_TYPE": "g4dn.12xlarge"}
        host.give(environment_yml=TINY)
        return host

    return make


def state(host: Host) -> str:
    """Return what the jobs' program reads of the GPUs."""
    return (host.root / "run/gpuinfra/gpu").read_text()


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ({"count.fault": 3}, "3 of 4 GPUs answer: a g4dn.12xlarge has 4 x T4"),
        ({"count.fault": 0}, "0 of 4 GPUs answer"),
        ({"lost.fault": 2}, "3 of 4 GPUs answer: Unable to determine the device handle for GPU2"),
        ({"name.fault": "Tesla M60"}, "GPU 0 is a Tesla M60"),
        ({"memory_mib.fault": 8000}, "with 8000 MiB"),
    ],
)
def test_a_host_with_less_than_its_type_has_is_refused_before_the_download(
    four: Callable[[dict[str, object]], Host], faults: dict[str, object], says: str
) -> None:
    """It costs the whole price: the step, the reason and what to do are in its status; no job is taken."""
    host = four(faults)
    assert host.boot() == PERMANENT
    assert (host.status["step"], host.status["rc"]) == ("gpu", GPU_CODE)
    assert says in host.status["message"], host.status
    assert "sudo reboot" in host.status["message"]
    assert says in state(host)
    assert not (host.state / "steps/download").exists()


def test_a_type_that_is_newer_than_our_table_is_counted_and_watched(
    four: Callable[[dict[str, object]], Host],
) -> None:
    """Any model will do; the number that answers at its boot is what is looked at from then on."""
    host = four({})
    host.values["INSTANCE_TYPE"] = "g99.12xlarge"
    host.give(environment_yml=TINY)
    assert host.boot() == 0, host.log
    assert (host.state / "gpu-sold").read_text() == "g99.12xlarge 4 0\n"
    assert (host.status["gpus"], state(host)) == (4, "ok\n")


def test_all_four_are_counted_and_looked_at_in_every_boot(four: Callable[[dict[str, object]], Host]) -> None:
    """The status names them; an Xid of a later boot fails that boot, though the first one was good."""
    host = four({})
    assert host.boot() == 0, host.log
    assert (host.status["gpu"], host.status["gpus"]) == ("4 x Tesla T4 (simulated), 550.54.15", 4)
    assert state(host) == "ok\n"
    (host.root / "kernel.log").write_text(f"6,339,5140900,-;{XID_79}\n")
    shutil.rmtree(host.root / "run")  # as a new boot does
    assert host.boot() == PERMANENT
    assert "Xid 79" in host.status["message"]
    (host.root / "kernel.log").write_text("")
    shutil.rmtree(host.root / "run")
    assert host.boot() == 0, host.log
    assert host.ran() == ["gpu", "verify"]


TORCH = """
__version__ = "2.9"
class version: cuda = "12.8"
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: {seen})
    get_device_name = staticmethod(lambda number: {name!r})
class ones:
    def __init__(self, rows, columns, device):
        if device == "cuda:{broken}": raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
        self.value = rows * columns
    def __matmul__(self, other): return self
    def sum(self): return self.value ** 1.5
"""


@pytest.mark.parametrize(
    ("seen", "name", "broken", "says"),
    [
        (4, "T4", 3, "Unfit: torch cannot multiply on cuda:3: RuntimeError: CUDA error: uncorrectable ECC"),
        (3, "T4", 9, "Unfit: torch 2.9 sees 3 of 4 GPUs"),
        (1, "NVIDIA A100-SXM4-40GB MIG 1g.5gb", 9, ""),
        (4, "T4", 9, ""),
    ],
)
def test_every_device_multiplies(tmp_path: Path, seen: int, name: str, broken: int, says: str) -> None:
    """Not device 0 alone: the one that fails is named."""
    (tmp_path / "torch.py").write_text(TORCH.format(seen=seen, name=name, broken=broken))
    argv = [sys.executable, str(TEMPLATES / "scripts/verify.py"), "/dev/null", "4 x T4, 570.1", "4"]
    done = subprocess.run(
        argv, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, says in done.stderr) == (int(bool(says)), True), done
