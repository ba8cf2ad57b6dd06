"""The GPUs that a type is sold with: what is missed, what is no fault, what the kernel says."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.ground import facts
from gpuinfra.host import gpu_check, gpu_state
from gpuinfra.host.gpu_check import KernelLog, SoldGpus, hardware_error, judge
from gpuinfra.host.gpu_watch import CONFIRM_S, LOOK_S, GpuWatch

FOUR = gpu_check.parse("g4dn.12xlarge 4 16384 T4")
T4 = ("Tesla T4", 15360)
RECOVERY = "NVRM: Xid (PCI:0000:00:1e): 154, GPU recovery action changed from"
XID_79 = "NVRM: Xid (PCI:0000:00:1e): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."
NO_HANDLE = "Unable to determine the device handle for GPU3: 0000:00:1e.0: Unknown Error"
MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"


def sold(instance_type: str) -> SoldGpus:
    """Return what the table says of a type."""
    (line,) = (it for it in facts.gpus_text().splitlines() if it.split()[0] == instance_type)
    return gpu_check.parse(line)


@pytest.mark.parametrize(
    ("gpus", "words", "state", "says"),
    [
        ([T4] * 4, "", gpu_state.OK, ""),
        ([T4] * 4, "WARNING: infoROM is corrupted", gpu_state.OK, ""),
        ([T4] * 3, "", gpu_state.LOST, "3 of 4 GPUs answer: a g4dn.12xlarge has 4 x T4 with 16384 MiB"),
        ([T4] * 3, NO_HANDLE, gpu_state.LOST, f"3 of 4 GPUs answer: {NO_HANDLE}"),
        ([], "No devices were found", gpu_state.LOST, "0 of 4 GPUs answer: No devices were found"),
        ([], MISMATCH, gpu_state.UNFIT, f"0 of 4 GPUs answer: {MISMATCH}"),
        ([*[T4] * 3, ("Tesla M60", 16384)], "", gpu_state.UNFIT, "GPU 3 is a Tesla M60 with 16384 MiB"),
        ([T4, ("Tesla T4", 8000), T4, T4], "", gpu_state.UNFIT, "GPU 1 is a Tesla T4 with 8000 MiB"),
        ([("NVIDIA T4G", 15360)] * 4, "", gpu_state.UNFIT, "GPU 0 is a NVIDIA T4G"),
    ],
)
def test_what_answers_is_compared_with_what_is_sold(
    gpus: Sequence[tuple[str, int]], words: str, state: str, says: str
) -> None:
    """Too few, another model or too little memory is a fault; a driver that fails as a whole loses no GPU."""
    found, reason = judge(FOUR, gpus, words)
    assert (found, reason.startswith(says), bool(reason)) == (state, True, bool(says)), reason


@pytest.mark.parametrize(
    ("instance_type", "name", "memory"),
    [
        ("g4dn.xlarge", "Tesla T4", 15109),
        ("g5g.xlarge", "NVIDIA T4G", 15360),
        ("g5.xlarge", "NVIDIA A10G", 22731),
        ("g6f.large", "NVIDIA L4-3Q", 3072),
        ("g7e.2xlarge", "NVIDIA RTX PRO 6000 Blackwell Server Edition", 97887),
        ("p3.2xlarge", "Tesla V100-SXM2-16GB", 16160),
        ("p4de.24xlarge", "NVIDIA A100-SXM4-80GB", 81920),
        ("p5.4xlarge", "NVIDIA H100 80GB HBM3", 81559),
        ("p5en.48xlarge", "NVIDIA H200", 143771),
    ],
)
def test_a_model_is_known_by_its_words(instance_type: str, name: str, memory: int) -> None:
    """Drivers name a GPU otherwise than EC2 does, and show less memory: that is no fault."""
    kind = sold(instance_type)
    assert judge(kind, [(name, memory)] * kind.count, "") == (gpu_state.OK, "")


@pytest.mark.parametrize(
    "line",
    [
        XID_79,
        f"6,339,5140900,-;{XID_79}",
        f"[  123.456789] {XID_79}",
        "NVRM: GPU 0000:00:1e.0: GPU has fallen off the bus.",
        "NVRM: Xid (PCI:0000:00:1e): 48, pid=1, name=python, DBE (double bit error) ...",
        "NVRM: Xid (PCI:0000:00:1e): 119, pid=1, name=python, Timeout waiting for RPC from GSP!",
        f"{RECOVERY} 0x0 (None) to 0x2 (Node Reboot Required)",
    ],
)
def test_the_kernel_says_that_a_gpu_is_lost(line: str) -> None:
    """An Xid of the hardware is told with its number; kmsg, dmesg and a bare line say the same."""
    assert ("Xid" in hardware_error(line)) or "fallen off the bus" in hardware_error(line)


@pytest.mark.parametrize(
    "line",
    [
        "NVRM: Xid (PCI:0000:00:1e): 13, pid=7, name=python, Graphics SM Warp Exception",
        "NVRM: Xid (PCI:0000:00:1e): 31, pid=7, name=python, MMU Fault",
        "NVRM: Xid (PCI:0000:00:1e): 43, pid=7, name=python, Ch 00000010",
        "NVRM: Xid (PCI:0000:00:1e): 45, pid=79, name=python, Ch 00000010",
        f"{RECOVERY} 0x1 (GPU Reset Required) to 0x0 (None)",
        "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.133.20",
        "usb 1-1: device 79 has fallen off the bus",
    ],
)
def test_what_a_program_does_wrong_is_no_lost_gpu(line: str) -> None:
    """Errors of a program, and a GPU that has recovered, end nobody's job."""
    assert hardware_error(line) == ""


def test_the_kernels_log_is_read_on_without_waiting(tmp_path: Path) -> None:
    """Each line comes once, a half one when it is whole; a log that cannot be read has none."""
    file = tmp_path / "kmsg"
    file.write_text("one\ntw")
    log = KernelLog(str(file))
    assert list(log.lines()) == ["one"]
    with file.open("a") as more:
        more.write("o\nthree\n")
    assert list(log.lines()) == ["two", "three"]
    assert list(log.lines()) == list(KernelLog(str(tmp_path / "none")).lines()) == []


class Watched:
    """A watch over what a test says, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.kernel = folder / "kmsg"
        self.kernel.touch()
        self.answer: tuple[Sequence[tuple[str, int]], str] = ([T4] * 4, "")
        self.told: list[tuple[str, str]] = []
        self.asked = 0
        told = lambda state, reason: self.told.append((state, reason))  # noqa: E731
        self.watch = GpuWatch(FOUR, KernelLog(str(self.kernel)), self._ask, told)

    def _ask(self) -> tuple[Sequence[tuple[str, int]], str]:
        self.asked += 1
        return self.answer


def test_a_gpu_that_the_kernel_gives_up_is_told_at_once(tmp_path: Path) -> None:
    """Nobody waits for nvidia-smi; a lost GPU stays lost, and there is nothing more to look for."""
    watched = Watched(tmp_path)
    watched.watch.tick(0)
    watched.kernel.write_text(f"{XID_79}\n")
    watched.watch.tick(1)
    ((state, reason),) = watched.told
    assert (state, "Xid 79" in reason, watched.watch.is_over) == (gpu_state.LOST, True, True)
    assert watched.asked == 1


def test_nvidia_smi_is_believed_when_it_says_it_twice(tmp_path: Path) -> None:
    """What it says once may pass; a GPU that it misses twice is lost."""
    watched = Watched(tmp_path)
    watched.watch.tick(0)
    watched.answer = ([T4] * 3, NO_HANDLE)
    watched.watch.tick(LOOK_S)
    watched.answer = ([T4] * 4, "")
    watched.watch.tick(LOOK_S + CONFIRM_S)
    assert watched.told == []
    watched.answer = ([T4] * 3, NO_HANDLE)
    watched.watch.tick(2 * LOOK_S + CONFIRM_S)
    watched.watch.tick(2 * LOOK_S + 2 * CONFIRM_S)
    assert watched.told == [(gpu_state.LOST, f"3 of 4 GPUs answer: {NO_HANDLE}")]
    assert watched.watch.is_over


def test_a_driver_that_comes_back_is_fit_again(tmp_path: Path) -> None:
    """An upgrade under a running host makes it unfit, not lost; each change is told once."""
    watched = Watched(tmp_path)
    watched.answer = ([], MISMATCH)
    for now in (0, CONFIRM_S, CONFIRM_S + LOOK_S):
        watched.watch.tick(now)
    watched.answer = ([T4] * 4, "")
    watched.watch.tick(CONFIRM_S + 2 * LOOK_S)
    assert watched.told == [(gpu_state.UNFIT, f"0 of 4 GPUs answer: {MISMATCH}"), (gpu_state.OK, "")]
    assert not watched.watch.is_over
