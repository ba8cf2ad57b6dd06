"""On the host: do all GPUs answer that its instance type is sold with? Standard library only; runs as root.

python3 -m gpuinfra.host.gpu_check sold TYPE TABLE   this host's line of TABLE (TYPE: if EC2 does not say)
python3 -m gpuinfra.host.gpu_check check LINE        look once and keep it (gpu_state); what is wrong, and 1
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.host import gpu_state, settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Answer = tuple[Sequence[tuple[str, int]], str]  # name and MiB of each GPU that answers; other words

QUERY = ("nvidia-smi", "--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits")
TIMEOUT_S = 60.0
# A T4 is sold with 16384 MiB and shows 15360, with older drivers 15109: the rest is for error correction.
LEAST_MEMORY = 0.9
ROW = re.compile(r"\d+, (?P<name>[^,]+), (?P<memory>\d+)")
LOST_WORDS = re.compile(r"device handle|is lost|fallen off|No devices were found", re.IGNORECASE)
KERNEL_LOG = "/dev/kmsg"
XID = re.compile(r"NVRM: Xid \((?P<gpu>[^)]*)\): (?P<code>\d+),?\s*(?P<words>.*)")
OFF_THE_BUS = re.compile(r"NVRM: .*fallen off the bus.*")
# Hardware, after which the GPU must be reset or the host restarted: NVIDIA's Xid catalog, 2026-11,
# https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html. Left out: what a program does wrong
# (13, 31, 43, 45, 68, 109) or survives (63, 92, 94), and NVLink's 74, which may be either.
HARDWARE_XIDS = frozenset({46, 48, 62, 64, 79, 95, 119, 120, 140, 143})
# "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)": the new action decides
RECOVERY_XID = 154
HARMLESS_ACTIONS = ("(None)", "(Drain P2P)")


@dataclass(frozen=True, kw_only=True)
class SoldGpus:
    """What EC2 sells with an instance type, as gpus.txt has it; memory of each GPU in MiB."""

    type: str
    count: int
    memory_mib: int
    name: str

    def __str__(self) -> str:
        """Return it for a message."""
        each = f" x {self.name} with {self.memory_mib} MiB" if self.name else ""
        return f"a {self.type} has {self.count}{each}"


def parse(line: str) -> SoldGpus:
    """Return a line of gpus.txt: TYPE COUNT MEMORY_MIB NAME; without a name any model will do."""
    type_, count, memory, *name = line.split(maxsplit=3)
    return SoldGpus(type=type_, count=int(count), memory_mib=int(memory), name="".join(name).strip())


def ask() -> Answer:
    """Ask nvidia-smi. It may end well and leave a GPU out, with a word on it between the rows."""
    try:
        child = subprocess.Popen(QUERY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return [], "there is no nvidia-smi"
    try:
        text, _ = child.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()  # and not waited for: what hangs in the kernel does not even die
        return [], f"nvidia-smi has not answered for {TIMEOUT_S:g} s"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rows = [(match["name"], int(match["memory"])) for line in lines if (match := ROW.fullmatch(line))]
    words = [line for line in lines if not ROW.fullmatch(line) and not line.startswith("WARNING")]
    return rows, words[0][:200] if words else ""


def judge(sold: SoldGpus, gpus: Sequence[tuple[str, int]], words: str) -> tuple[str, str]:
    """Return the state (gpu_state) and what is wrong.

    A driver that fails as a whole takes no new job, but those that run keep what they have loaded.
    """
    if len(gpus) < sold.count:
        is_lost = bool(gpus) or not words or LOST_WORDS.search(words)
        reason = f"{len(gpus)} of {sold.count} GPUs answer: {words or sold}"
        return (gpu_state.LOST if is_lost else gpu_state.UNFIT), reason
    for number, (name, memory) in enumerate(gpus):
        if not _words(sold.name) <= _words(name) or memory < LEAST_MEMORY * sold.memory_mib:
            return gpu_state.UNFIT, f"GPU {number} is a {name} with {memory} MiB: {sold}"
    return gpu_state.OK, ""


def _words(name: str) -> set[str]:
    """Return a model's words: "RTX PRO Server 6000" is "NVIDIA RTX PRO 6000 Blackwell Server Edition"."""
    return set(re.findall(r"[^\s-]+", name.lower()))


def hardware_error(line: str) -> str:
    """Return what a line of the kernel log says of a GPU that is lost; empty for any other line."""
    if not (match := XID.search(line)):
        lost = OFF_THE_BUS.search(line)
        return lost[0] if lost else ""
    code, words = int(match["code"]), match["words"].strip()
    needs_reset = code == RECOVERY_XID and not words.endswith(HARMLESS_ACTIONS)
    is_lost = code in HARDWARE_XIDS or needs_reset
    return f"GPU {match['gpu']}: Xid {code}, {words}"[:200] if is_lost else ""


class KernelLog:
    """The kernel's log since this boot, read on and on without waiting; GPUINFRA_KERNEL_LOG moves it."""

    def __init__(self, path: str = "") -> None:
        self._rest = b""
        try:
            place = path or os.environ.get("GPUINFRA_KERNEL_LOG", KERNEL_LOG)
            self._fd = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            self._fd = -1

    def lines(self) -> Iterator[str]:
        """Yield the lines that are new."""
        while data := self._read():
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)

    def _read(self) -> bytes:
        while self._fd >= 0:
            try:
                return os.read(self._fd, 8192)
            except BrokenPipeError:
                continue  # what was next has been overwritten: read on
            except OSError:
                break
        return b""


def look(sold: SoldGpus, log: KernelLog) -> tuple[str, str]:
    """Return the state and what is wrong, from the kernel's log and nvidia-smi."""
    errors = [error for line in log.lines() if (error := hardware_error(line))]
    return (gpu_state.LOST, errors[0]) if errors else judge(sold, *ask())


def check(line: str) -> int:
    """Look once, keep it, and say what is wrong."""
    state, reason = look(parse(line), KernelLog())
    gpu_state.write(state, reason)
    sys.stdout.write(f"{reason}\n" if reason else "")
    return int(state != gpu_state.OK)


def print_sold(fallback: str, table: str) -> int:
    """Print the table's line of this host's type; nothing for a type that it does not have."""
    wanted = settings.instance_type() or fallback
    lines = Path(table).read_text(encoding="utf-8").splitlines()
    sys.stdout.write("".join(f"{line}\n" for line in lines if line.split()[:1] == [wanted]))
    return 0


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    sys.exit(print_sold(*words) if verb == "sold" else check(*words))
