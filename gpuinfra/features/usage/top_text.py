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
LABEL, VALUE = 10, 22  # columns before the sparkline
MIB_IN_GIB = 1024
MOST_JOBS = 5


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
    last, room = seen[-1], min(MOST_BARS, width - LABEL - VALUE - 1)
    history = [one.sample for one in seen]

    def row(label: str, value: str, of: Callable[[UseSample], float | None], most: float) -> str:
        line = f"{label:<{LABEL}}{value:<{VALUE}}"
        fits = bars and room >= LEAST_BARS
        bar = sparkline([of(one) for one in history], most=most, width=room, bars=bars) if fits else ""
        return f"{line} {bar}".rstrip() if bar else line.rstrip()

    shown = [title, *([money] if money else [])]
    for place, gpu in enumerate(last.sample.gpus):
        shown += [f"GPU {gpu.index}  {_about(gpu)}".rstrip()]
        shown += [row("  load", _percent(gpu.busy_percent), _of(place, lambda one: one.busy_percent), 100)]
        shown += [row("  memory", _memory(gpu), _of(place, lambda one: one.memory_percent), 100)]
    if last.gpu_words:
        shown.append(f"{'GPU':<{LABEL}}{last.gpu_words}")
    sample = last.sample
    cores = f"{sample.cpu_cores:.1f} of {sample.cpus:.0f} cores"
    shown.append(row("CPU", cores, lambda one: one.cpu_cores, max(1.0, sample.cpus)))
    used = _gib(sample.memory_used_mib, sample.memory_mib)
    shown.append(row("memory", used, lambda one: one.memory_used_mib, sample.memory_mib))
    for label, rate in (("in", _received), ("out", _sent)):
        highest = max(rate(one) for one in history)
        shown.append(row(f"net {label}", f"{size(int(rate(sample)))}/s", rate, highest))
    shown.append(f"{'disk':<{LABEL}}{sample.disk_free_gb:.0f} of {sample.disk_gb:.0f} GB free")
    return [shorten_to(line, width) for line in [*shown, *_jobs(last.jobs, now)]]


def shorten_to(line: str, width: int) -> str:
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


def _of(place: int, value: Callable[[GpuUse], float | None]) -> Callable[[UseSample], float | None]:
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
