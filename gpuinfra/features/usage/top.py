"""`top`: what the host does now, once or until Ctrl-C."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import connect_with_retry, reconnect
from gpuinfra.features.jobs import job as jobs
from gpuinfra.features.usage import sample as samples
from gpuinfra.features.usage import top_text
from gpuinfra.features.usage.top_text import HostUse
from gpuinfra.ground.errors import HostError, Interrupted
from gpuinfra.ground.model import Host
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World

ASK_TIMEOUT_S = 30.0
EVERY_S = 2.0
KEPT = 200  # samples: more than a line has bars
NO_LIMIT = 1 << 16  # columns, where no terminal cuts a line
MOST_LINE_BYTES = 1 << 20
SSH_FAILED = 255
SHAPE = {"gpu_words": (str, None), "jobs": [jobs.SHAPE]}

Money = Callable[[], str]  # what it costs, in a line


class Screen(Protocol):
    """Lines at a terminal that replace those before."""

    bars: str

    @property
    def width(self) -> int:
        """Return its columns as they are now."""

    def __enter__(self) -> "Screen":
        """Start to show."""

    def __exit__(self, *exc: object) -> None:
        """Stop; the last lines stay."""

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the host: what it said, and that as lines."""

    values: dict[str, Any]
    text: str


def look(world: World, money: Money) -> Look:
    """Return what the host does now.

    Raises:
        HostError: it cannot be reached.
    """
    host = connect(world)
    answer = _answer(world, host)
    shown = _lines([parse(answer)], host, money, width=NO_LIMIT, bars="")
    return Look(values=answer, text="\n".join(shown))


def use(world: World) -> HostUse:
    """Return the same as values alone: nobody is asked for prices.

    Raises:
        HostError: it cannot be reached.
    """
    return parse(_answer(world, connect(world)))


def _answer(world: World, host: Host) -> Any:
    return world.host.ask(host, {"verb": "use", "flags": ""}, timeout_s=ASK_TIMEOUT_S)


def parse(answer: Any) -> HostUse:
    """Return what the host told once.

    Raises:
        HostError: it is nothing that we know.
    """
    raw = checked(answer, SHAPE, "its use")
    return HostUse(
        sample=samples.parse(answer),
        jobs=tuple(jobs.parse_all(raw["jobs"])),
        gpu_words=raw.get("gpu_words") or "",
    )


def watch(world: World, screen: Screen, money: Money) -> None:
    """Show what the host does until Ctrl-C; one that restarts is waited for.

    Raises:
        Interrupted: Ctrl-C.
    """
    try:
        _watch(world, screen, money)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("stopped watching; the host goes on") from None


def _watch(world: World, screen: Screen, money: Money) -> None:
    host = connect_with_retry(world)
    request = {"verb": "top", "every_s": EVERY_S, "flags": ""}
    with screen:
        while True:
            view = _View(screen, host, money)
            code, _ = world.host.stream(host, request, view.take)
            if code != SSH_FAILED:
                raise HostError(f"the host has stopped to tell what it does (exit code {code})")
            world.reporter.say("the connection is lost")
            host = reconnect(world)


class _View:
    """Shows what comes in pieces of lines."""

    def __init__(self, screen: Screen, host: Host, money: Money) -> None:
        self._screen, self._host, self._money = screen, host, money
        self._rest = b""
        self._seen: list[HostUse] = []

    def take(self, data: bytes) -> None:
        """Take what has come; show it once a line is whole."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE_BYTES:
            raise HostError("the host's answer about its use is none that gpuinfra knows: it does not end")
        for line in whole:
            self._seen = [*self._seen[1 - KEPT :], _parse_line(line)]
        if whole:
            screen = self._screen
            self._screen.show(
                _lines(self._seen, self._host, self._money, width=screen.width, bars=screen.bars)
            )


def _lines(seen: Sequence[HostUse], host: Host, money: Money, *, width: int, bars: str) -> list[str]:
    title = f"{host.stack}  {host.instance_type}  {host.region}  {host.instance_id}"
    now = datetime.fromtimestamp(seen[-1].sample.time, UTC)  # the host's clock, as its jobs' times are
    return top_text.lines(seen, title=title, money=money(), width=width, bars=bars, now=now)


def _parse_line(line: bytes) -> HostUse:
    try:
        return parse(json.loads(line))
    except (ValueError, RecursionError):
        raise HostError(
            f"the host's answer about its use is none that gpuinfra knows: {line!r:.200}"
        ) from None
