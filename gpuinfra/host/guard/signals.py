"""On the host: signals that need nothing but the system: growth of a counter, what is typed, our units."""

from __future__ import annotations

import glob
import os
import time

from gpuinfra.host.guard.rule import Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Signals = dict[str, Callable[[], Seen]]

SLICE = "/sys/fs/cgroup/system.slice"
PTS = "/dev/pts/[0-9]*"
SHORTEST_S = 0.001


class GrowthRate:
    """A counter's growth per second since the tick before; busy from a limit on."""

    def __init__(self, read: Callable[[], float], limit: float, words: str) -> None:
        self._read, self._limit, self._words = read, limit, words
        self._last = time.monotonic(), read()

    def __call__(self) -> Seen:
        """Return the rate."""
        then, before = self._last
        at, now = self._last = time.monotonic(), self._read()
        rate = max(0.0, now - before) / max(at - then, SHORTEST_S)
        return Seen(rate >= self._limit, self._words.format(rate))


class Terminals:
    """Busy when somebody has typed: only input moves a terminal's access time (in steps of 8 s).

    Times are compared with those of the tick before, never with the clock: that may be wrong. The silence is
    counted by the guard's own clock (State.quiet_s), which the words leave to whoever shows them.
    """

    def __init__(self, terminals: str = PTS) -> None:
        self._pattern = terminals
        self._typed = _access_times(terminals)

    def __call__(self) -> Seen:
        """Tell whether a terminal was opened or used since the tick before."""
        before, self._typed = self._typed, _access_times(self._pattern)
        used = any(before.get(path) != at for path, at in self._typed.items())
        return Seen(used, "a terminal in use" if used else "no terminal in use")


def units(folder: str = SLICE) -> list[str]:
    """Return our units that run: jobs and the bootstrap. A unit without a process has no control group.

    Raises:
        OSError: this system has no such control groups.
    """
    os.stat(folder)
    running = glob.glob(f"{folder}/gpuinfra-job-*") + glob.glob(f"{folder}/gpuinfra-bootstrap.service")
    return sorted(path.split("/gpuinfra-")[-1].removesuffix(".service") for path in running)


def _access_times(pattern: str) -> dict[str, float]:
    times = {}
    for path in glob.glob(pattern):
        try:
            times[path] = os.stat(path).st_atime
        except OSError:
            continue  # closed just now
    return times
