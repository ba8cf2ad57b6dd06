"""`top`: what is shown, at which terminals, and how it ends."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.usage import top
from gpuinfra.features.usage.sparkline import ASCII, BLOCKS
from gpuinfra.ground.errors import HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import Request
from tests.fakes.jobs import JOB, FakeHostClient
from tests.features.jobs.test_jobs import made
from tests.features.usage.values import GPU, SAMPLE

LINE = json.dumps(SAMPLE).encode() + b"\n"
COST = "4.02 USD so far, 1.006 USD/h"


class FakeScreen:
    """A terminal that remembers what it has shown."""

    def __init__(self, width: int = 80, bars: str = BLOCKS) -> None:
        self.width, self.bars = width, bars
        self.shown: list[list[str]] = []
        self.is_left = False

    def __enter__(self) -> "FakeScreen":
        return self

    def __exit__(self, *exc: object) -> None:
        self.is_left = True

    def show(self, lines: Sequence[str]) -> None:
        """Remember these lines."""
        self.shown.append(list(lines))


class StreamingHost(FakeHostClient):
    """Streams these pieces, one list a connection, then ends with 255; then Ctrl-C is pressed."""

    def __init__(self, *connections: Sequence[bytes]) -> None:
        super().__init__({})
        self.connections = list(connections)

    def stream(self, host: Host, request: Request, write: Callable[[bytes], None]) -> tuple[int, int]:
        """Stream the next connection's pieces."""
        self.asked.append(request)
        if not self.connections:
            raise KeyboardInterrupt
        for piece in self.connections.pop(0):
            write(piece)
        return 255, 1


def shown(tmp_path: Path, screen: FakeScreen, *connections: Sequence[bytes]) -> list[list[str]]:
    """Watch such a host until Ctrl-C; return all that was shown."""
    with pytest.raises(Interrupted, match="the host goes on"):
        top.watch(made(tmp_path, host=StreamingHost(*connections)), screen, lambda: COST)
    assert screen.is_left
    return screen.shown


def test_it_shows_gpus_cpu_network_disk_jobs_and_money(tmp_path: Path) -> None:
    """All that a user asks of a running host, in one screen; each sample replaces the one before."""
    job = {**JOB, "created": "2027-01-15T07:00:00+00:00"}
    line = json.dumps({**SAMPLE, "jobs": [job]}).encode() + b"\n"
    first, second = shown(tmp_path, FakeScreen(), [LINE, line])
    assert len(first) == len(second)
    text = "\n".join(second)
    for part in (
        COST, "GPU 0  NVIDIA A10G  61 C  212 W", "97 %", "20.1 of 22.5 GiB", "3.4 of 4 cores",
        "10.0 of 16.0 GiB",        "12.0 MiB/s", "40 of 128 GB free", "train  1 h  python train.py",
    ):  # fmt: skip
        assert part in text, part
    assert "██" in second[3]


def test_half_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    """What comes over a network comes in pieces."""
    assert len(shown(tmp_path, FakeScreen(), [LINE[:100], LINE[100:] + LINE + LINE[:7]])) == 1


@pytest.mark.parametrize("width", [1, 10, 20, 33, 41, 80, 300])
@pytest.mark.parametrize("bars", [BLOCKS, ASCII])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, width: int, bars: str) -> None:
    """A narrow terminal loses the end of lines, no line and no order."""
    job = {**JOB, "command": "python " + "x" * 500, "created": "2027-01-15T07:00:00+00:00"}
    line = json.dumps({**SAMPLE, "jobs": [job] * 9}).encode() + b"\n"
    (lines,) = shown(tmp_path, FakeScreen(width, bars), [line])
    assert max(map(len, lines)) <= width
    assert len(lines) == 16


def test_eight_gpus_fit_into_a_terminal_of_24_lines(tmp_path: Path) -> None:
    """A line a GPU, so that CPU, disk and the jobs are seen, too."""
    gpus = [{**GPU, "index": n, "busy_percent": 10 * n, "temperature_c": 60 + n} for n in range(8)]
    line = json.dumps({**SAMPLE, "gpus": gpus, "jobs": [JOB] * 9}).encode() + b"\n"
    (lines,) = shown(tmp_path, FakeScreen(), [line] * 20)[-1:]
    assert len(lines) <= 23
    assert "8 x NVIDIA A10G, up to 67 C" in lines
    assert "GPU 7     70 %   20.1 of 22.5 GiB    ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆" in lines
    assert any(one.startswith("disk") for one in lines)


def test_a_lost_connection_is_made_again(tmp_path: Path) -> None:
    """A host that restarts, or a laptop that slept, is no end of it."""
    world_shown = shown(tmp_path, FakeScreen(), [LINE], [LINE])
    assert len(world_shown) == 2


def test_a_program_that_ends_on_the_host_is_an_error(tmp_path: Path) -> None:
    """What would be asked for again and again is told."""
    host = FakeHostClient({}, streams=[(1, 0)])
    with pytest.raises(HostError, match="exit code 1"):
        top.watch(made(tmp_path, host=host), FakeScreen(), lambda: "")


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n", b"[]\n", b"{}\n", b"null\n", b'{"time": 1e999}\n', b"x" * (2 << 20),
        json.dumps({**SAMPLE, "time": -1}).encode() + b"\n",
        json.dumps({**SAMPLE, "time": 1e15}).encode() + b"\n",
        json.dumps({**SAMPLE, "gpus": [{"index": "0"}]}).encode() + b"\n",
        json.dumps({**SAMPLE, "jobs": [{"id": "; rm"}]}).encode() + b"\n",
        b'{"refused": "no", "hint": "", "exit_code": 5}\n',
    ],
)  # fmt: skip
def test_a_host_that_tells_nonsense_is_an_error_in_words(tmp_path: Path, line: bytes) -> None:
    """It may be hostile or broken: never a traceback, never a screen of it."""
    with pytest.raises(HostError, match="the host"):
        top.watch(made(tmp_path, host=StreamingHost([line])), FakeScreen(), lambda: "")


def test_without_a_terminal_there_is_one_look(tmp_path: Path) -> None:
    """Lines without sparklines, as long as they are; --json is what the host said."""
    look = top.look(made(tmp_path, host=FakeHostClient(SAMPLE)), lambda: "")
    assert look.values == SAMPLE
    assert "97 %" in look.text
    assert not set(BLOCKS) & set(look.text)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"gpus": None}, "none running"),
        ({"gpus": [], "gpu_words": "No devices were found"}, "GPU       No devices were found"),
        ({"gpus": [{**GPU, "busy_percent": None, "memory_used_mib": None}]}, "  load    -"),
    ],
)
def test_what_is_not_known_is_no_zero(tmp_path: Path, changed: dict[str, Any], says: str) -> None:
    """A lost or divided GPU has no load; what nvidia-smi says of it is shown."""
    text = top.look(made(tmp_path, host=FakeHostClient({**SAMPLE, **changed})), lambda: "").text
    assert says in text


def test_a_host_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    """No look without an answer."""
    with pytest.raises(Unreachable, match="gone"):
        top.look(made(tmp_path, host=FakeHostClient(Unreachable("gone"))), lambda: "")
