"""One boot of one host: started, asked to power off or to reboot, killed, and how it ended."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import uuid
from enum import Enum
from pathlib import Path

from gpuinfra.simulator.hosts import CONSOLE_FILE
from gpuinfra.simulator.lab.machines import disks
from gpuinfra.simulator.lab.machines.console import Console, ConsoleLog
from gpuinfra.simulator.lab.machines.disks import LabPaths
from gpuinfra.simulator.lab.network import namespace
from gpuinfra.simulator.machine import FakeGpus, Machine

SCRIPTS_DIR = Path(__file__).parent
# systemd's own: signal for poweroff.target (what ACPI does on EC2), and for ctrl-alt-del, which reboots
POWER_BUTTON = signal.SIGRTMIN + 4
RESET_BUTTON = signal.SIGINT
# AMIs that bring the NVIDIA driver say so in their names
_DRIVER_WORDS = ("nvidia", "gpu", "deep learning")
_CGROUP_TIMEOUT_S = 30.0
# holds the name of the interface by which the host hangs on the bridge
CABLE_FILE = "cable"


class End(Enum):
    """How a boot ended."""

    POWEROFF = "powered off"
    REBOOT = "rebooted"
    CRASH = "crashed"


# The kernel ends a pid namespace with SIGINT on power-off and SIGHUP on reboot; `unshare` passes that on.
_ENDS = {
    -signal.SIGINT: End.POWEROFF,
    128 + signal.SIGINT: End.POWEROFF,
    -signal.SIGHUP: End.REBOOT,
    128 + signal.SIGHUP: End.REBOOT,
}


class LabHost:
    """A running host."""

    def __init__(self, machine: Machine, paths: LabPaths, number: int) -> None:
        self.machine = machine
        self._paths = paths
        self._folder = paths.folder(machine.id)
        self._cgroup = paths.cgroup / machine.id
        disks.restore(paths, machine)
        _prepare(self._folder, machine)
        self._cgroup.mkdir(exist_ok=True)
        self._log = ConsoleLog(self._folder / CONSOLE_FILE)
        self._console = Console(self._log)
        namespace.reveal(machine.private_ip, machine.public_ip)
        # a name of its own for each boot: that of the last one may not be free yet
        self._process = self._start(f"host{number}")
        (self._folder / CABLE_FILE).write_text(f"host{number}", encoding="utf-8")

    def press(self, button: int) -> None:
        """Signal its init; one that has just begun to boot does not notice: press again later."""
        for pid in self._init():
            _kill(pid, button)

    def kill(self) -> None:
        """End it at once, as if the power failed."""
        for pid in self._init():
            _kill(pid, signal.SIGKILL)
        self._process.kill()

    def ended(self) -> End | None:
        """Return how it ended, or None while it runs; to be called until it has ended."""
        code = self._process.poll()
        if code is None:
            return None
        namespace.hide(self.machine.private_ip, self.machine.public_ip)
        self._console.close()
        remove_cgroup(self._cgroup)
        return _ENDS.get(code, End.CRASH)

    def _init(self) -> list[int]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        try:
            return [int(pid) for pid in children.read_text(encoding="utf-8").split()]
        except FileNotFoundError:
            return []

    def _start(self, cable: str) -> subprocess.Popen[bytes]:
        machine = self.machine
        values = {
            "MAC": machine.mac,
            "CABLE": cable,
            "BRIDGE": namespace.BRIDGE,
            "GATEWAY": namespace.GATEWAY,
            "PRIVATE_IP": machine.private_ip,
            "PUBLIC_IP": machine.public_ip,
            "BASE": str(self._paths.base),
            "DISK": str(self._folder),
            "OVERLAY_OPTIONS": ",userxattr" if self._paths.rootless else "",
            "CGROUP": str(self._cgroup),
            "CONSOLE": self._console.device,
            "UUID": f"ec2{str(uuid.uuid5(uuid.NAMESPACE_OID, machine.id))[3:]}",
            "GPU_COUNT": gpus_on_the_bus(self._folder / "fake-gpu"),
            "FAKE_GPU": str(self._folder / "fake-gpu"),
        }
        command = ["unshare", "--net", "--mount", "--propagation", "private"]
        command += ["bash", str(SCRIPTS_DIR / "boot.sh"), "wire"]
        with self._log.path.open("ab") as log:  # what goes wrong before there is a console is read there too
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], **values},
                start_new_session=True,
            )


def _prepare(folder: Path, machine: Machine) -> None:
    """Make the folder of a new host; one that has booted before keeps its disk."""
    for name in ("upper", "work", "root", "fake-gpu"):
        (folder / name).mkdir(mode=0o755, parents=True, exist_ok=True)
    if any(word in machine.image_name.lower() for word in _DRIVER_WORDS):
        tool = folder / "upper/usr/bin/nvidia-smi"
        tool.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPTS_DIR / "nvidia-smi.sh", tool)
        tool.chmod(0o755)
    for name, value in fake_gpu(machine.gpu).items():
        (folder / "fake-gpu" / name).write_text(f"{value}\n", encoding="utf-8")
    (folder / "fake-gpu/kernel.log").write_text("", encoding="utf-8")  # a boot begins a new one
    _fake_kernel_log(folder / "upper")


def fake_gpu(gpu: FakeGpus | None) -> dict[str, str | int]:
    """Return what the fake nvidia-smi is told: file name -> value; the name says that it is no real one."""
    if gpu is None:
        return {"count": 0}
    name = {"T4": "Tesla T4"}.get(gpu.name, f"NVIDIA {gpu.name}")
    return {"count": gpu.count, "name": f"{name} (simulated)", "memory_mib": gpu.memory_mib}


def gpus_on_the_bus(fake: Path) -> str:
    """Return how many GPUs the PCI bus shows: as the fake nvidia-smi, a fault included."""
    fault = fake / "count.fault"
    return (fault if fault.exists() else fake / "count").read_text(encoding="utf-8").strip()


def _fake_kernel_log(disk: Path) -> None:
    """Let our units read a FAKE kernel log: that of the real machine is no host's business."""
    drop_in = disk / "etc/systemd/system/gpuinfra-.service.d/lab.conf"
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(
        "[Service]\nEnvironment=GPUINFRA_KERNEL_LOG=/run/fake-gpu/kernel.log\n", encoding="utf-8"
    )


def remove_cgroup(cgroup: Path, timeout_s: float = _CGROUP_TIMEOUT_S) -> None:
    """Remove a cgroup with all below it; the kernel refuses while the last process in it is ending."""
    deadline = time.monotonic() + timeout_s
    while cgroup.exists():
        try:
            for folder, _, _ in os.walk(cgroup, topdown=False):
                os.rmdir(folder)  # noqa: PTH106
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
