"""On the host: the one place that decides when an unused host ends. Values only: nothing is read here.

Each tick has a step in seconds (CLOCK_BOOTTIME, at most two ticks: see daemon.py) and the readings.
- A busy reading sets the idle clock to 0. All readings quiet: the clock goes on by the step.
- A reading that failed counts as busy as long as it may be a busy host: the clock stands still. One that has
  failed for 6 hours in all (each good tick takes one bad tick away) counts no more, or a broken nvidia-smi
  would keep an idle host for ever.
- The host ends when the idle clock reaches its limit, or the hours since it was started reach max_hours
  (that also ends a busy host), but never within 15 minutes after a boot, before an extension is over, or
  before the terminals have been warned for warn_minutes.
- In off_hours the limit of the idle clock is twice warn_minutes: one to warn, one to answer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gpuinfra.host.guard.limits import Limits

FAILING_LIMIT_S = 6 * 3600.0
GRACE_S = 900.0  # after each boot: somebody may be about to connect
LAST_WARNING_S = 60.0
UNTIL_ON = -1.0  # of off_s
WARN, WITHDRAW, END = "warn", "withdraw", "end"
IDLE, MAX_HOURS = "idle", "max_hours"


class Seen:
    """What one signal says: busy or not, None if it could not be read; and the words for it."""

    def __init__(self, busy: bool | None, words: str) -> None:
        self.busy, self.words = busy, words


class State:
    """What the guard counts; it outlives the guard as JSON. All in seconds; left_s None: no end in sight."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self.idle_s = self.on_s = self.up_s = self.extended_s = self.off_s = 0.0
        self.warned_s: float | None = None
        self.is_last_told = False
        self.left_s: float | None = None
        self.why = IDLE
        self.failing_s: dict[str, float] = {}
        self.quiet_s: dict[str, float] = {}
        for name, value in (kept or {}).items():
            if name in vars(self) and _fits(value, getattr(self, name)):
                setattr(self, name, value)

    def begin_boot(self, *, is_start: bool) -> None:
        """A reboot goes on counting; a host that was stopped and started begins anew."""
        self.up_s = 0.0
        if is_start:
            self.idle_s = self.on_s = self.extended_s = 0.0
            self.failing_s, self.quiet_s = {}, {}
            self.warned_s, self.is_last_told = None, False

    def take(self, request: Mapping[str, Any]) -> None:
        """Do what the user asks for: off_s is set, an extension never becomes shorter, `on` begins anew."""
        before_s = self.extended_s
        for name in ("extended_s", "off_s"):
            if isinstance(request.get(name), (int, float)):
                setattr(self, name, float(request[name]))
        if request.get("kind") == "extend":
            self.extended_s = max(before_s, self.extended_s)
        if request.get("kind") == "on":
            self.idle_s = 0.0

    def advance(self, seen: Mapping[str, Seen], limits: Limits, step_s: float, *, off_hour: bool) -> str:
        """Count a tick; return what is to be done: WARN, WITHDRAW, END or nothing."""
        self.on_s += step_s
        self.up_s += step_s
        self.extended_s = max(0.0, self.extended_s - step_s)
        if self.off_s > 0:
            self.off_s = max(0.0, self.off_s - step_s)
            self.idle_s = 0.0
        self._count(seen, step_s)
        self.look_ahead(limits, off_hour=off_hour)
        return self._act(limits.warn_minutes * 60, step_s)

    def look_ahead(self, limits: Limits, *, off_hour: bool) -> None:
        """Say anew how long it may stay, as far as is counted."""
        self.left_s = self._left(limits, off_hour)

    def _count(self, seen: Mapping[str, Seen], step_s: float) -> None:
        in_doubt = False
        for name, one in seen.items():
            failing_s = self.failing_s.get(name, 0.0)
            failing_s = failing_s + step_s if one.busy is None else max(0.0, failing_s - step_s)
            self.failing_s[name] = min(failing_s, FAILING_LIMIT_S + step_s)
            in_doubt |= one.busy is None and failing_s <= FAILING_LIMIT_S
            self.quiet_s[name] = 0.0 if one.busy else self.quiet_s.get(name, 0.0) + step_s
        if any(one.busy for one in seen.values()):
            self.idle_s = 0.0
        elif not in_doubt:
            self.idle_s += step_s

    def _left(self, limits: Limits, off_hour: bool) -> float | None:
        ends = {}
        idle_minutes = limits.idle_minutes
        if off_hour:
            idle_minutes = min(idle_minutes or 2 * limits.warn_minutes, 2 * limits.warn_minutes)
        if idle_minutes:
            ends[IDLE] = idle_minutes * 60 - self.idle_s
        if limits.max_hours:
            ends[MAX_HOURS] = limits.max_hours * 3600 - self.on_s
        if self.off_s or not ends:
            return None
        self.why = min(ends, key=lambda name: ends[name])
        return max(ends[self.why], GRACE_S - self.up_s, self.extended_s)

    def _act(self, warn_s: float, step_s: float) -> str:
        is_busy = self.why == IDLE and not self.idle_s
        if self.left_s is None or self.left_s > warn_s or is_busy:
            was_warned, self.warned_s, self.is_last_told = self.warned_s is not None, None, False
            return WITHDRAW if was_warned else ""
        if self.warned_s is None:
            self.warned_s = 0.0
            self.left_s = max(self.left_s, warn_s)
            return WARN
        self.warned_s += step_s
        self.left_s = max(self.left_s, warn_s - self.warned_s)
        if self.left_s <= 0:
            return END
        is_last, self.is_last_told = (
            self.left_s <= LAST_WARNING_S and not self.is_last_told,
            self.is_last_told,
        )
        self.is_last_told |= is_last
        return WARN if is_last else ""


def _fits(value: Any, default: object) -> bool:
    """Tell whether a kept value is of the kind of its default; None stands where a time may be unknown."""
    if isinstance(default, dict):
        return isinstance(value, dict) and all(isinstance(one, (int, float)) for one in value.values())
    if isinstance(default, str):
        return isinstance(value, str)
    return isinstance(value, (int, float)) or (value is None and default is None)
