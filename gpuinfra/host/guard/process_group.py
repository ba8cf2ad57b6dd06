"""A process group that must end in time: asked to (TERM) before its deadline, killed at it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[str], None]

TERM_BEFORE_S = 10.0  # so long before the deadline it is asked to end, at most a quarter of it
POLL_S, TELL_S = 0.1, 5.0


def wait(pid: int, alive: Callable[[], bool], began: float, deadline_s: float, tell: Tell) -> bool:
    """Wait for a process group; TERM before the deadline, KILL at it. Tell whether it ended by itself."""
    ask_at = began + deadline_s - min(TERM_BEFORE_S, deadline_s / 4)
    asked, told = False, began
    while alive():
        at = time.monotonic()
        if at >= began + deadline_s:
            break
        if at >= ask_at and not asked:
            tell("on_stop takes too long: asked to end (TERM)")
            asked = True
            _signal(pid, signal.SIGTERM)
        if at - told >= TELL_S:
            told = at
            tell(f"running on_stop ({_clock(at - began)} of {_clock(deadline_s)})")
        time.sleep(POLL_S)
    _signal(pid, signal.SIGKILL)  # what it left in the background, too
    return not asked


def _signal(group: int, number: int) -> None:
    with suppress(OSError):
        os.killpg(group, number)


def boot_time() -> float:
    """Return seconds since the boot, those of a sleeping host included; no clock that is set moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def start_time(pid: int) -> str:
    """Return when a process began, as proc(5) has it; empty for one that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
