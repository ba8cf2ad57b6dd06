"""On the host: all that the guard reads, once a connection has brought it; and what is kept of it.

Each signal is read as facts were measured: GPU by nvidia-smi, CPU in cores, terminals by what is typed,
transfers by the bytes of ssh and of the network, kernels by Jupyter itself, containers by their control
groups, jobs by our units and runs.
"""

from __future__ import annotations

import glob
import time

from gpuinfra.host import gpu_state
from gpuinfra.host.guard import gpu as nvidia
from gpuinfra.host.guard import kernels, samples, signals, system, transfers
from gpuinfra.host.guard.rule import Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gpuinfra.host.guard.sample import Sample

GPU_PERCENT, CPU_CORES = 5, 0.5  # per cent of all cores says nothing: one busy core of 192 is 0.5 %
NETWORK_BYTES_S = 1_000_000
GPU_TIMEOUT_S = 10.0
GPU_RETRY_S = 300.0  # after one that failed: a program that hangs must not be started 4,000 times a day
TRANSFER_BYTES = 2_000  # in a minute
CONTAINER_CORES = 0.1  # all containers together
CONTAINERS = (f"{signals.SLICE}/docker-*.scope", "/sys/fs/cgroup/docker/*")


class Readings:
    """The signals of one tick: GPU, CPU and network come from one sample, which is kept for `usage`."""

    def __init__(self) -> None:
        self._sampler, self._history = system.Sampler(), samples.History()
        self._transfers = transfers.Transfers()
        self._sample: Sample | None = None
        self._processes: list[transfers.Process] = []
        self._reading, self._next_ask_s = nvidia.Reading([]), 0.0

    def gpu(self) -> Seen:
        """Take the sample; return the load of the busiest GPU."""
        self._sample = None
        reading = self._ask() if gpu_state.is_sold() else nvidia.Reading([])
        self._sample = self._sampler.take(None if reading.words else reading.gpus)
        self._history.add(self._sample)
        loads = [one.busy_percent for one in reading.gpus if one.busy_percent is not None]
        words = f"GPU {max(loads):.0f} %" if loads else reading.words or "no GPU"
        if max(loads, default=0) >= GPU_PERCENT:
            return Seen(True, words)
        if reading.words:
            return Seen(None, reading.words)
        if len(loads) < len(reading.gpus):  # a divided GPU (MIG) tells no load
            return Seen(None, "a GPU tells no load")
        return Seen(False, words)

    def _ask(self) -> nvidia.Reading:
        """Ask nvidia-smi; for a while after it has failed its last words are returned instead."""
        if time.monotonic() >= self._next_ask_s:
            self._reading = nvidia.ask(GPU_TIMEOUT_S)
            if not self._reading.gpus:
                self._reading.words = self._reading.words or "nvidia-smi shows no GPU"
                self._next_ask_s = time.monotonic() + GPU_RETRY_S
        return self._reading

    def cpu(self) -> Seen:
        """Return the cores that were busy since the tick before."""
        cores = self._taken().cpu_cores
        return Seen(cores >= CPU_CORES, f"CPU {cores:.1f} cores")

    def network(self) -> Seen:
        """Return what the network has carried: a download may need hardly any CPU."""
        sample = self._taken()
        rate = sample.received_bytes_s + sample.sent_bytes_s
        return Seen(rate >= NETWORK_BYTES_S, f"network {rate / 1e6:.1f} MB/s")

    def transfer(self) -> Seen:
        """Return what ssh has carried for commands without a terminal."""
        self._processes = transfers.processes()
        most = self._transfers.most_bytes(self._processes, transfers.connections(), transfers.now())
        words = f"a transfer of {most} bytes/min" if most >= TRANSFER_BYTES else "no transfer"
        return Seen(most >= TRANSFER_BYTES, words)

    def kernel(self) -> Seen:
        """Tell kernels that compute."""
        count = kernels.busy_kernels()
        return Seen(count > 0, f"{count} kernels busy" if count else "no kernel busy")

    def job(self) -> Seen:
        """Tell jobs, the bootstrap, and runs that go on."""
        names, runs = signals.units(), transfers.runs(self._processes)
        names += ["gpuinfra run"] * bool(runs)
        return Seen(bool(names), f"running: {', '.join(names)}" if names else "no job")

    def _taken(self) -> Sample:
        if self._sample is None:
            raise ValueError("no sample could be taken")
        return self._sample


def all_signals() -> signals.Signals:
    """Return what reads each signal, by its name, in the order in which they are read."""
    every = Readings()
    return {
        "gpu": every.gpu,
        "cpu": every.cpu,
        "network": every.network,
        "terminal": signals.Terminals(),
        "transfer": every.transfer,
        "kernel": every.kernel,
        "container": signals.GrowthRate(_containers_s, CONTAINER_CORES, "containers {:.1f} cores"),
        "job": every.job,
    }


def _containers_s() -> float:
    """Return the seconds of all cores that the containers of docker have used; one that sleeps uses none."""
    total = 0.0
    for folder in (path for pattern in CONTAINERS for path in glob.glob(pattern)):
        try:
            with open(f"{folder}/cpu.stat", encoding="ascii") as file:
                total += int(file.readline().split()[1]) / 1e6
        except (OSError, ValueError, IndexError):
            continue  # it has just ended
    return total
