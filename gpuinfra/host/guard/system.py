"""On the host: what its processors, memory, disk and network do, beside the GPUs; one sample of all."""

from __future__ import annotations

import os
import time

from gpuinfra.host.guard.sample import Sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuinfra.host.guard.gpu import Gpu

# The root control group counts this host alone, also where /proc/stat shows the machine below it.
CPU_STAT = "/sys/fs/cgroup/cpu.stat"
PROC_STAT, MEMORY, NETWORK = "/proc/stat", "/proc/meminfo", "/proc/net/dev"
# The host's own traffic once: what containers send passes their bridge, too.
INNER = ("lo", "docker", "br-", "veth", "virbr")
DISK = "/"
SHORTEST_S = 0.001


class Sampler:
    """Takes samples; CPU and network are averages since the one before, at first since this was made."""

    def __init__(self) -> None:
        self._last = time.monotonic(), cpu_seconds(), network_bytes()

    def take(self, gpus: Sequence[Gpu] | None) -> Sample:
        """Return a sample with these GPUs (guard.gpu.read)."""
        then, cpu_then, network_then = self._last
        at, cpu, network = self._last = time.monotonic(), cpu_seconds(), network_bytes()
        elapsed_s = max(at - then, SHORTEST_S)
        used_mib, memory_mib = memory()
        free_gb, disk_gb = disk()
        # a counter that was reset (an interface that went) is no negative traffic
        received, sent = (
            max(0, now - before) / elapsed_s for now, before in zip(network, network_then, strict=True)
        )
        return Sample(
            time=time.time(),
            seconds=elapsed_s,
            gpus=gpus,
            cpu_cores=round(max(0.0, cpu - cpu_then) / elapsed_s, 3),
            cpus=os.cpu_count() or 0,
            memory_used_mib=used_mib,
            memory_mib=memory_mib,
            disk_free_gb=free_gb,
            disk_gb=disk_gb,
            received_bytes_s=round(received, 1),
            sent_bytes_s=round(sent, 1),
        )


def cpu_seconds(cgroup: str = CPU_STAT) -> float:
    """Return the seconds of all cores together that were used since the boot."""
    try:
        for name, value in map(str.split, _lines(cgroup)):
            if name == "usage_usec":
                return int(value) / 1e6
    except (OSError, ValueError):
        pass  # an older kernel, or one with control groups of version 1
    user, nice, system, _idle, _wait, irq, soft_irq, *_ = map(int, next(iter(_lines(PROC_STAT))).split()[1:9])
    return (user + nice + system + irq + soft_irq) / os.sysconf("SC_CLK_TCK")


def network_bytes(file: str = NETWORK) -> tuple[int, int]:
    """Return the bytes that the host's own interfaces have received and sent."""
    received = sent = 0
    for line in _lines(file)[2:]:
        name, _, counters = line.strip().partition(":")
        if not name.startswith(INNER):
            numbers = counters.split()
            received, sent = received + int(numbers[0]), sent + int(numbers[8])
    return received, sent


def memory() -> tuple[int, int]:
    """Return the memory in use and there, in MiB."""
    numbers = {name: int(rest.split()[0]) for name, _, rest in (row.partition(":") for row in _lines(MEMORY))}
    total = numbers.get("MemTotal", 0)
    return (total - numbers.get("MemAvailable", 0)) // 1024, total // 1024


def disk() -> tuple[float, float]:
    """Return the disk's free space for users, and its size, in GB of 10^9 bytes."""
    state = os.statvfs(DISK)
    return round(state.f_bavail * state.f_frsize / 1e9, 1), round(state.f_blocks * state.f_frsize / 1e9, 1)


def _lines(file: str) -> list[str]:
    with open(file, encoding="utf-8") as opened:
        return opened.read().splitlines()
