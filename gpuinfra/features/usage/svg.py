"""Draw a host's use over time as SVG; the only importer of pygal, which is an optional part."""

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from gpuinfra.features.usage.sample import UseSample
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import files

WIDTH, HEIGHT = 1000, 400
GAP = 3  # times the usual distance of two samples: the host was off, no line leads through
DAY_S = 86400

Value = Callable[[UseSample], float | None]


def check(path: Path) -> None:
    """Raise what would keep it from being drawn.

    Raises:
        ConfigError: the plotting library is missing, the name is no .svg, or there is no such folder.
    """
    if path.suffix.lower() != ".svg":
        raise ConfigError(f"--svg is {str(path)!r}; its name must end with .svg", hint="--svg usage.svg")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--svg is {str(path)!r}; there is no such folder")
    if not find_spec("pygal"):
        raise ConfigError("--svg needs pygal, which is not installed", hint=locations.set_up("plot"))


def write(path: Path, title: str, series: Sequence[UseSample]) -> None:
    """Draw load and memory of each GPU and the CPU, all in per cent, by this machine's clock.

    Raises:
        ConfigError: the file cannot be written.
    """
    text = draw(title, series)
    try:
        files.replace_text(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def draw(title: str, series: Sequence[UseSample]) -> str:
    """Return the picture, without any script."""
    import pygal
    from pygal.style import Style

    spans_days = bool(series) and series[-1].time - series[0].time > DAY_S
    chart = pygal.DateTimeLine(
        title=title,
        width=WIDTH,
        height=HEIGHT,
        range=(0, 100),
        js=(),
        show_dots=False,
        allow_interruptions=True,
        legend_at_bottom=True,
        truncate_legend=-1,
        x_label_rotation=20,
        x_value_formatter=lambda at: f"{at.astimezone():{'%d %b %H:%M' if spans_days else '%H:%M'}}",
        style=Style(background="white", plot_background="white", font_family="sans-serif"),
    )
    for name, value in _lines(series):
        chart.add(name, _points(series, value))
    return _without_scripts(chart.render_tree())


def _without_scripts(tree: ElementTree.Element) -> str:
    """Return it as text; pygal's settings for its own script, which is not there, are of no use."""
    for parent in list(tree.iter()):
        for script in [child for child in parent if str(child.tag).endswith("script")]:
            parent.remove(script)
    return ElementTree.tostring(tree, encoding="unicode") + "\n"


def _lines(series: Sequence[UseSample]) -> list[tuple[str, Value]]:
    """Return the name of each line and what reads it of a sample."""
    lines: list[tuple[str, Value]] = []
    for place in range(max((len(one.gpus) for one in series), default=0)):
        lines.append((f"GPU {place} load %", partial(_gpu, place=place, name="busy_percent")))
        lines.append((f"GPU {place} memory %", partial(_gpu, place=place, name="memory_percent")))
    return [*lines, ("CPU %", lambda one: 100 * one.cpu_cores / one.cpus if one.cpus else None)]


def _gpu(sample: UseSample, *, place: int, name: str) -> float | None:
    number: float | None = getattr(sample.gpus[place], name) if place < len(sample.gpus) else None
    return number


def _points(series: Sequence[UseSample], value: Value) -> list[tuple[datetime, float | None]]:
    """Return a line's points; where the host was off, one without a value interrupts it."""
    steps = [after.time - one.time for one, after in pairwise(series)]
    usual_s = statistics.median(steps) if steps else 0.0
    points: list[tuple[datetime, float | None]] = []
    for one, step in zip(series, [*steps, 0.0], strict=True):
        points.append((datetime.fromtimestamp(one.time, UTC), value(one)))
        if step > GAP * usual_s:
            points.append((datetime.fromtimestamp(one.time + usual_s, UTC), None))
    return points
