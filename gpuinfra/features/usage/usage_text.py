"""A host's use over time in words. Pure."""

from collections.abc import Sequence

from gpuinfra.features.usage.sample import UseSample
from gpuinfra.features.usage.sparkline import sparkline
from gpuinfra.features.usage.totals import Totals
from gpuinfra.ground.text import duration, size, table

HEAD = ("", "AVERAGE", "PEAK", "OF", "OVER TIME")
MIB_IN_GIB = 1024
Row = tuple[str, ...]


def text(about: str, totals: Totals, series: Sequence[UseSample], hints: Sequence[str], bars: str) -> str:
    """Return averages, peaks and hints as lines; bars: for the last column."""
    rows = [HEAD, *_gpus(totals, series, bars), *_rest(totals, series, bars)]
    free = f"{totals.disk_least_free_gb:.0f} of {totals.disk_gb:.0f} GB free at the least"
    head = f"{about}: samples of {duration(int(totals.seconds))}"
    lines = [head, "", table(rows), f"{'disk':<{max(len(row[0]) for row in rows)}}  {free}"]
    return "\n".join([*lines, *(["", *hints] if hints else [])])


def _gpus(totals: Totals, series: Sequence[UseSample], bars: str) -> list[Row]:
    rows: list[Row] = []
    for place, gpu in enumerate(totals.gpus):
        seen = [one.gpus[place] if place < len(one.gpus) else None for one in series]
        load = _line([one.busy_percent if one else None for one in seen], 100, bars)
        held = _line([one.memory_percent if one else None for one in seen], 100, bars)
        name = f"GPU {gpu.index}"
        rows.append((name, _number(gpu.busy_percent, " %"), _number(gpu.busy_peak_percent, " %"), "", load))
        rows.append((f"{name} memory", "", _gib(gpu.memory_peak_mib), _gib(gpu.memory_mib), held))
        rows.append((f"{name} temp", "", _number(gpu.temperature_peak_c, " C"), "", ""))
    return rows


def _rest(totals: Totals, series: Sequence[UseSample], bars: str) -> list[Row]:
    cores = _line([one.cpu_cores for one in series], max(1.0, totals.cpus), bars)
    memory = _line([one.memory_used_mib for one in series], totals.memory_mib, bars)
    received = [one.received_bytes_s for one in series]
    sent = [one.sent_bytes_s for one in series]
    return [
        ("CPU cores", f"{totals.cpu_cores:.1f}", f"{totals.cpu_peak_cores:.1f}", f"{totals.cpus:.0f}", cores),
        ("memory", "", _gib(totals.memory_peak_mib), _gib(totals.memory_mib), memory),
        _network("network in", totals.received_bytes_s, totals.received_peak_bytes_s, received, bars),
        _network("network out", totals.sent_bytes_s, totals.sent_peak_bytes_s, sent, bars),
    ]


def _network(name: str, average: float, peak: float, rates: Sequence[float], bars: str) -> Row:
    return name, _rate(average), _rate(peak), "", _line(rates, max(rates, default=0.0), bars)


def _line(values: Sequence[float | None], most: float, bars: str) -> str:
    return sparkline(values, most=most, width=len(values), bars=bars)


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.0f}{unit}"


def _gib(mib: float | None) -> str:
    return "-" if mib is None else f"{mib / MIB_IN_GIB:.1f} GiB"


def _rate(bytes_s: float) -> str:
    return f"{size(int(bytes_s))}/s"
