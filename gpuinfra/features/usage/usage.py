"""`usage`: how a host was used over a time that has passed, or while a job ran."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.jobs import job as jobs
from gpuinfra.features.jobs import jobs as on_host
from gpuinfra.features.usage import hints, sample, usage_text
from gpuinfra.features.usage import svg as picture
from gpuinfra.features.usage.hints import UsdH
from gpuinfra.features.usage.sample import UseSample
from gpuinfra.features.usage.totals import GPU_SHAPE, TOTALS, Totals, totals
from gpuinfra.ground import when
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Request
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World

ASK_TIMEOUT_S = 60.0
DEFAULT_SINCE = "24h"
TEXT_POINTS, SVG_POINTS = 30, 600
SHAPE = {
    "since": float,
    "until": float,
    "summary": ({**dict.fromkeys(TOTALS, float), "gpus": [GPU_SHAPE]}, None),
    "series": [sample.SHAPE],
}


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A host's use from `since` to `until` (seconds since 1970, by its clock); about: of what."""

    about: str
    since: float
    until: float
    totals: Totals
    series: tuple[UseSample, ...]
    hints: tuple[str, ...]

    def text(self, bars: str) -> str:
        """Return it as lines."""
        step = -(-len(self.series) // TEXT_POINTS) or 1
        return usage_text.text(self.about, self.totals, self.series[::step], self.hints, bars)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def usage(world: World, usd_h: UsdH, *, job: str = "", since: str = "", svg: Path | None = None) -> Usage:
    """Return how the host was used in the last time, or while a job ran; draw it, if a file is named.

    Raises:
        ConfigError: both times were asked for, `since` is none, or the picture cannot be drawn.
        HostError: the host cannot be reached, or kept no sample of that time.
    """
    seconds = _seconds(since, job)
    if svg:
        picture.check(svg)
    host = connect(world)
    about, window = _window(world, host, job, since, seconds)
    request = {"verb": "use", "flags": "", "points": SVG_POINTS if svg else TEXT_POINTS, **window}
    used = _usage(about, world.host.ask(host, request, timeout_s=ASK_TIMEOUT_S), host, usd_h)
    if svg:
        picture.write(svg, about, used.series)
    return used


def _usage(about: str, answer: Any, host: Host, usd_h: UsdH) -> Usage:
    raw = checked(answer, SHAPE, "its use")
    if raw["summary"] is None:
        raise HostError(f"the host has kept no sample of {about}", hint=command("top", host.stack))
    known = totals(raw["summary"])
    return Usage(
        about=about,
        since=raw["since"],
        until=raw["until"],
        totals=known,
        series=tuple(sample.parse_all(raw["series"])),
        hints=tuple(hints.hints(known, usd_h)),
    )


def _seconds(since: str, job: str) -> float:
    if since and job:
        raise ConfigError(
            "--since and --job were both given; a job has its own time", hint=f"gpuinfra usage --job {job}"
        )
    try:
        seconds = jobs.seconds(since or DEFAULT_SINCE)
    except ConfigError:
        seconds = None
    if not seconds:
        raise ConfigError(
            f"--since is {since!r}; it must be a number and s, m, h or d, as in 90m",
            hint="gpuinfra usage --since 2h",
        )
    return seconds


def _window(world: World, host: Host, job: str, since: str, seconds: float) -> tuple[str, Request]:
    """Return what the time is of, in words, and as the host is asked for it."""
    if not job:
        return f"the last {since or DEFAULT_SINCE}", {"seconds": seconds}
    one = jobs.parse(on_host.ask(world, "view", job=job, host=host))
    began, ended = when.read(one.created), when.read(one.ended)
    if not began:
        raise HostError(f"the host does not say when the job {one.id} began: {one.created!r}")
    window = {"since": began.timestamp(), "until": ended.timestamp() if ended else None}
    return f"the job {one.name or one.id}", window
