"""What a host does now, as lines with sparklines. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gpuinfra.features.jobs.job import Job
from gpuinfra.features.usage.sample import GpuUse, UseSample
from gpuinfra.features.usage.sparkline import BLOCKS, sparkline
from gpuinfra.ground import when
from gpuinfra.ground.text import shorten, size

MOST_BARS, LEAST_BARS = 60, 8
LABEL, VALUE = 10, 26  # columns before the sparkline
MIB_IN_GIB = 1024
MOST_JOBS = 5
MANY_GPUS = 2

Value = Callable[[UseSample], float | None]


@dataclass(frozen=True, kw_only=True)
class HostUse:
    """What a host told once: a sample, the jobs that run, what is wrong with its GPUs (empty: nothing)."""

    sample: UseSample
    jobs: tuple[Job, ...]
    gpu_words: str


def lines(
    seen: Sequence[HostUse], *, title: str, money: str, width: int, bars: str = BLOCKS, now: datetime
) -> list[str]:
    """Return what was seen, the newest last, as lines of at most `width` columns; money: empty if unknown."""
    last, rows = seen[-1], _Rows([one.sample for one in seen], width=width, bars=bars)
    words = [f"{'GPU':<{LABEL}}{last.gpu_words}"] if last.gpu_words else []
    shown = [title, *([money] if money else []), *_gpus(last.sample.gpus, rows), *words, *_rest(rows)]
    return [_cut(line, width) for line in [*shown, *_jobs(last.jobs, now)]]


class _Rows:
    """Makes a line of a label, a value and, where there is room, its history as bars."""

    def __init__(self, history: Sequence[UseSample], *, width: int, bars: str) -> None:
        self.history = history
        self._room, self._bars = min(MOST_BARS, width - LABEL - VALUE - 1), bars

    def row(self, label: str, value: str, of: Value, most: float) -> str:
        """Return a line; most: the value of the highest bar."""
        line = f"{label:<{LABEL}}{value:<{VALUE}}"
        if not self._bars or self._room < LEAST_BARS:
            return line.rstrip()
        values = [of(one) for one in self.history]
        return f"{line} {sparkline(values, most=most, width=self._room, bars=self._bars)}".rstrip()


def _gpus(gpus: Sequence[GpuUse], rows: _Rows) -> list[str]:
    """Return three lines a GPU; of many one a GPU, or the rest would not be on the screen."""
    shown = []
    for place, gpu in enumerate(gpus):
        load, memory = _of(place, lambda one: one.busy_percent), _of(place, lambda one: one.memory_percent)
        if len(gpus) > MANY_GPUS:
            value = f"{_percent(gpu.busy_percent):<7}{_memory(gpu)}"
            shown.append(rows.row(f"GPU {gpu.index}", value, load, 100))
        else:
            shown.append(f"GPU {gpu.index}  {_about(gpu)}".rstrip())
            shown.append(rows.row("  load", _percent(gpu.busy_percent), load, 100))
            shown.append(rows.row("  memory", _memory(gpu), memory, 100))
    return [_all(gpus), *shown] if len(gpus) > MANY_GPUS else shown


def _all(gpus: Sequence[GpuUse]) -> str:
    """Return what many GPUs are, and the warmest of them."""
    names = ", ".join(sorted({gpu.name for gpu in gpus}))
    warmest = max((gpu.temperature_c for gpu in gpus if gpu.temperature_c is not None), default=None)
    return f"{len(gpus)} x {names}" + ("" if warmest is None else f", up to {warmest:.0f} C")


def _rest(rows: _Rows) -> list[str]:
    """Return the lines of all that is no GPU."""
    now = rows.history[-1]
    cores = f"{now.cpu_cores:.1f} of {now.cpus:.0f} cores"
    used = _gib(now.memory_used_mib, now.memory_mib)
    shown = [
        rows.row("CPU", cores, lambda one: one.cpu_cores, max(1.0, now.cpus)),
        rows.row("memory", used, lambda one: one.memory_used_mib, now.memory_mib),
    ]
    for label, rate in (("in", _received), ("out", _sent)):
        highest = max(rate(one) for one in rows.history)
        shown.append(rows.row(f"net {label}", f"{size(int(rate(now)))}/s", rate, highest))
    return [*shown, f"{'disk':<{LABEL}}{now.disk_free_gb:.0f} of {now.disk_gb:.0f} GB free"]


def _cut(line: str, width: int) -> str:
    """Return a line that a terminal shows in one."""
    return line if len(line) <= width else line[: max(0, width - 3)] + "..."[: max(0, width)]


def _jobs(jobs: Sequence[Job], now: datetime) -> list[str]:
    if not jobs:
        return [f"{'jobs':<{LABEL}}none running"]
    rest = len(jobs) - MOST_JOBS
    lines = [f"{'jobs' if n == 0 else '':<{LABEL}}{_job(job, now)}" for n, job in enumerate(jobs[:MOST_JOBS])]
    return [*lines, *([f"{'':<{LABEL}}and {rest} more"] if rest > 0 else [])]


def _job(job: Job, now: datetime) -> str:
    return f"{job.name or job.id}  {when.between(job.created, job.ended, now)}  {shorten(job.command)}"


def _of(place: int, value: Callable[[GpuUse], float | None]) -> Value:
    """Return what reads a value of one GPU of a sample, in which that GPU may be missing."""
    return lambda sample: value(sample.gpus[place]) if place < len(sample.gpus) else None


def _about(gpu: GpuUse) -> str:
    warmth = "" if gpu.temperature_c is None else f"  {gpu.temperature_c:.0f} C"
    power = "" if gpu.power_w is None else f"  {gpu.power_w:.0f} W"
    return f"{gpu.name}{warmth}{power}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _memory(gpu: GpuUse) -> str:
    if gpu.memory_used_mib is None or gpu.memory_mib is None:
        return "-"
    return _gib(gpu.memory_used_mib, gpu.memory_mib)


def _gib(used_mib: float, total_mib: float) -> str:
    return f"{used_mib / MIB_IN_GIB:.1f} of {total_mib / MIB_IN_GIB:.1f} GiB"


def _received(sample: UseSample) -> float:
    return sample.received_bytes_s


def _sent(sample: UseSample) -> float:
    return sample.sent_bytes_s
