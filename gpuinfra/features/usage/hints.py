"""What follows from a host's use, in words; nothing where the numbers do not carry it. Pure."""

from collections.abc import Callable, Iterator

from gpuinfra.features.usage.totals import GpuTotals, Totals
from gpuinfra.ground.text import duration

UsdH = Callable[[], float | None]  # USD an hour of the running host; None: unknown

LEAST_S = 120.0  # below it the samples are too few to tell anything
LOW_PERCENT, USED_PERCENT = 60.0, 5.0  # a GPU in use that waits for something
ONE_CORE = (0.8, 1.3)  # a single thread at its limit, and what runs beside it
FULL_PART = 0.9  # of all cores, or of the host's memory
NEARLY_FULL_PERCENT = 95.0  # of a GPU's memory
IDLE_PART = 0.5
WARM_C = 87.0  # data center GPUs slow down from 85 to 95 C on, each model at its own
LEAST_DISK_PART = 0.05
HOUR_S = 3600


def hints(totals: Totals, usd_h: UsdH) -> Iterator[str]:
    """Yield what a user may want to change; usd_h is asked only where it is told."""
    if totals.seconds < LEAST_S:
        return
    yield from _idle(totals, usd_h)
    yield from _bottleneck(totals)
    yield from _uneven(totals)
    yield from filter(None, map(_gpu, totals.gpus))
    if totals.memory_mib and totals.memory_peak_mib >= FULL_PART * totals.memory_mib:
        part = 100 * totals.memory_peak_mib / totals.memory_mib
        yield f"memory of the host at {part:.0f} % at its peak: more, and the kernel ends a process"
    if totals.disk_gb and totals.disk_least_free_gb < LEAST_DISK_PART * totals.disk_gb:
        yield f"disk nearly full: {totals.disk_least_free_gb:.0f} of {totals.disk_gb:.0f} GB were free"


def _idle(totals: Totals, usd_h: UsdH) -> Iterator[str]:
    """Tell what the time cost in which no GPU did anything."""
    known_s = max((gpu.known_s for gpu in totals.gpus), default=0.0)
    if known_s and totals.gpus_idle_s >= IDLE_PART * known_s:
        what = "the GPU was" if len(totals.gpus) == 1 else "all GPUs were"
        part, time = 100 * totals.gpus_idle_s / known_s, duration(int(totals.gpus_idle_s))
        price = usd_h()
        cost = "" if price is None else f", {totals.gpus_idle_s / HOUR_S * price:.2f} USD"
        yield f"{what} idle {part:.0f} % of the time: {time}{cost}"


def _bottleneck(totals: Totals) -> Iterator[str]:
    """Tell what a GPU that is in use, but not fully, may wait for."""
    busy = [gpu.busy_percent for gpu in totals.gpus if gpu.busy_percent is not None]
    if not busy or not USED_PERCENT <= max(busy) < LOW_PERCENT:
        return
    load = f"GPU {sum(busy) / len(busy):.0f} % on average"
    if totals.cpus and totals.cpu_cores >= FULL_PART * totals.cpus:
        yield f"{load}, all {totals.cpus:.0f} CPU cores full: the input may be the bottleneck"
    elif ONE_CORE[0] <= totals.cpu_cores <= ONE_CORE[1] and totals.cpus > 1:
        yield (
            f"{load}, CPU one core full of {totals.cpus:.0f}: the input may be the bottleneck"
            " (more workers in the data loader)"
        )


def _uneven(totals: Totals) -> Iterator[str]:
    """Tell GPUs that nobody used while others worked."""
    loads = {gpu.index: gpu.busy_percent for gpu in totals.gpus if gpu.busy_percent is not None}
    unused = [str(index) for index, load in loads.items() if load < 1]
    if unused and max(loads.values()) >= USED_PERCENT:
        yield f"GPU {', '.join(unused)} unused while others worked: {len(unused)} of {len(loads)}"


def _gpu(gpu: GpuTotals) -> str:
    """Return what is to be told of one GPU's limits."""
    told = []
    if (gpu.memory_peak_percent or 0) >= NEARLY_FULL_PERCENT:
        told.append(f"memory at {gpu.memory_peak_percent:.0f} % at its peak: a larger batch may not fit")
    if (gpu.temperature_peak_c or 0) >= WARM_C:
        told.append(f"{gpu.temperature_peak_c:.0f} C at its peak: it may have slowed down")
    return f"GPU {gpu.index} {'; '.join(told)}" if told else ""
