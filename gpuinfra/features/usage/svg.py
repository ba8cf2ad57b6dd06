"""Draw a host's use over time as SVG; the only importer of leather, which is an optional part."""

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from gpuinfra.features.usage.sample import UseSample
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import files

WIDTH, HEIGHT = 1000, 400
LINE_PX, DASHES = 1.5, "5 3"
PERCENT_TICKS = (0, 25, 50, 75, 100)
TIME_TICKS = 7
GAP = 3  # times the usual distance of two samples: the host was off, no line leads through
DAY_S = 86400
# Okabe and Ito's, which all can tell apart: https://jfly.uni-koeln.de/color/
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
CPU_COLOUR = "#000000"
HERE = "gpuinfra usage --svg usage.svg   # in the folder where you are"

Value = Callable[[UseSample], float | None]


def check(path: Path) -> None:
    """Raise what would keep it from being drawn.

    Raises:
        ConfigError: the plotting library is missing, the name is no .svg, or there is no such folder.
    """
    if path.suffix.lower() != ".svg":
        raise ConfigError(f"--svg is {str(path)!r}; its name must end with .svg", hint=HERE)
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--svg is {str(path)!r}; there is no such folder", hint=HERE)
    if not find_spec("leather"):
        raise ConfigError("--svg needs leather, which is not installed", hint=locations.set_up("plot"))


def write(path: Path, title: str, series: Sequence[UseSample]) -> None:
    """Draw load and memory of each GPU and the CPU, all in per cent, by this machine's clock.

    Raises:
        ConfigError: the file cannot be written.
    """
    text = draw(title, series)
    try:
        files.replace_text(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint=HERE) from None


def draw(title: str, series: Sequence[UseSample]) -> str:
    """Return the picture of samples (not none)."""
    import leather

    first, last = series[0].time, max(series[0].time + 1, series[-1].time)
    form = "%d %b %H:%M" if last - first > DAY_S else "%H:%M"
    step_s = (last - first) / (TIME_TICKS - 1)
    chart = leather.Chart(title)
    chart.add_x_scale(_utc(first), _utc(last))
    chart.add_x_axis(
        ticks=[_utc(first + n * step_s) for n in range(TIME_TICKS)],
        tick_formatter=lambda at, _index, _count: f"{at.replace(tzinfo=UTC).astimezone():{form}}",
    )
    chart.add_y_scale(0, 100)
    chart.add_y_axis(ticks=PERCENT_TICKS)
    for name, colour, dashes, value in _lines(series):
        points = _points(series, value)
        if any(percent is not None for _, percent in points):
            chart.add_line(points, name=name, stroke_color=colour, stroke_dasharray=dashes, width=LINE_PX)
    drawn: str = chart.to_svg(width=WIDTH, height=HEIGHT)
    return drawn


def _lines(series: Sequence[UseSample]) -> list[tuple[str, str, str, Value]]:
    """Return name, colour and dashes of each line, and what reads it of a sample."""
    lines: list[tuple[str, str, str, Value]] = []
    for place in range(max(len(one.gpus) for one in series)):
        colour = COLOURS[place % len(COLOURS)]
        load, memory = (partial(_gpu, place=place, name=name) for name in ("busy_percent", "memory_percent"))
        lines.append((f"GPU {place} %", colour, "none", load))
        lines.append((f"GPU {place} memory % (dashed)", colour, DASHES, memory))
    return [*lines, ("CPU %", CPU_COLOUR, "none", _cpu)]


def _gpu(sample: UseSample, *, place: int, name: str) -> float | None:
    number: float | None = getattr(sample.gpus[place], name) if place < len(sample.gpus) else None
    return number


def _cpu(sample: UseSample) -> float | None:
    return min(100.0, 100 * sample.cpu_cores / sample.cpus) if sample.cpus else None


def _points(series: Sequence[UseSample], value: Value) -> list[tuple[datetime, float | None]]:
    """Return a line's points; where the host was off, one without a value interrupts it."""
    steps = [after.time - one.time for one, after in pairwise(series)]
    usual_s = statistics.median(steps) if steps else 0.0
    points: list[tuple[datetime, float | None]] = []
    for one, step in zip(series, [*steps, 0.0], strict=True):
        points.append((_utc(one.time), value(one)))
        if step > GAP * usual_s:
            points.append((_utc(one.time + usual_s), None))
    return points


def _utc(seconds: float) -> datetime:
    """Return a time as leather compares it: without its zone."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
