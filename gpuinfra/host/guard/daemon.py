"""On the host: the guard's loop. It reads, counts (rule.py), warns on all terminals, and ends the host.

What it counts is kept at each tick, on the disk and in /run: a full disk changes nothing until a reboot.
A step has at most two ticks, so that hibernated hours and a tick that hung are no idle hours.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time

from gpuinfra.host.guard import kept, readings, rule, spot
from gpuinfra.host.guard.actions import END, Actions
from gpuinfra.host.guard.kept import boot_s, load, store
from gpuinfra.host.guard.limits import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gpuinfra.host.guard.signals import Signals

# GPUINFRA_GUARD_SPEED makes time pass faster, for tests: at 20 an hour takes three minutes
SPEED = float(os.environ.get("GPUINFRA_GUARD_SPEED", 1))
TICK_S = 20.0
TICKS_A_READ = 3  # of the settings: a changed tag acts within a minute
STOPPED_GAP_S = 300.0  # a reboot is faster; used where the metadata service does not tell a start
DECISIONS, MOST_BOOTS = 30, 500
FORCE_S = 900.0  # an ending that has not ended the host by then


class Guard:
    """What is counted, what it is read from, and where it is kept."""

    def __init__(
        self, signals: Signals, actions: Actions, *, disk: str = kept.DISK, run: str = kept.RUN
    ) -> None:
        self._signals, self._actions, self._disk, self._run = signals, actions, disk, run
        alive, saved = load(f"{run}/{kept.STATE}"), load(f"{disk}/{kept.STATE}")
        self.info: dict[str, Any] = alive or saved
        counted = self.info.get("state")
        self.state = rule.State(counted if isinstance(counted, dict) else None)
        self.boots: list[dict[str, Any]] = load(f"{disk}/{kept.BOOTS}").get("boots", [])
        self.limits = Limits()
        if text := str(self.info.get("limits", "")):
            self._set_limits(text)
        self._ticks, self._ended_s = 0, None if not alive else self.info.get("ended_s")
        self._last_s = _number(alive.get("boot_s"), boot_s())
        if not alive:
            self._begin_boot()
        elif not self.boots:  # the first guard keeps none
            self._note_boot(is_start=True)
            self.info["begun"] = self._actions.start_time()

    def _begin_boot(self) -> None:
        """Tell a reboot from a start, by what EC2 says, else by how long the host was gone."""
        begun, before = self._actions.start_time(), self.info.get("begun")
        gap_s = time.time() - _number(self.info.get("at"), 0.0)
        is_start = begun != before if begun and before else gap_s > STOPPED_GAP_S
        is_start |= self.info.pop("ended_s", None) is not None
        idle = self.state.idle_s / 60
        self.state.begin_boot(is_start=is_start)
        self.info["begun"] = begun
        self._note_boot(is_start=is_start)
        words = "counts anew" if is_start else f"goes on: idle for {idle:.0f} min before"
        self.decide("start" if is_start else "reboot", words)

    def _note_boot(self, *, is_start: bool) -> None:
        record = {"began": time.time() - boot_s(), "last_seen": time.time(), "is_start": is_start}
        self.boots = [*self.boots, record][-MOST_BOOTS:]

    def tick(self) -> None:
        """Read, count, and act."""
        now_s = boot_s()
        step_s, self._last_s = min(max(0.0, now_s - self._last_s) * SPEED, 2 * TICK_S), now_s
        if self._ticks % TICKS_A_READ == 0:
            self._read_limits()
        self._ticks += 1
        seen = {name: _seen(read) for name, read in self._signals.items()}
        off_hour = self.limits.is_off_hour(time.time())
        todo = self.state.advance(seen, self.limits, step_s, off_hour=off_hour)
        self.info["seen"] = {name: vars(one) for name, one in seen.items()}
        self.save()
        if todo:
            self._act(todo)

    def _read_limits(self) -> None:
        """Take a changed tag; where the metadata service is silent, the last one holds."""
        text = self._actions.tag()
        if text and text not in (self.limits.text, self.info.get("refused")):
            self._set_limits(text)

    def _set_limits(self, text: str) -> None:
        was = self.limits.text
        try:
            self.limits = Limits(text)
            self.info["refused"] = ""
        except ValueError as error:
            self.info["refused"] = text
            self.decide("settings refused", f"{error}; {was} holds")
        else:
            if text != self.info.get("limits"):
                self.decide("settings", f"{text} (was {was})")

    def _act(self, todo: str) -> None:
        why = self.reason()
        if todo == rule.WARN:
            left = f"{max(0.0, self.state.left_s or 0.0) / 60:.0f} min"
            keep = "To keep it: work on, or gpuinfra guard extend 2h"
            self._actions.tell(f"\agpuinfra: {why}: this host stops in {left}. {keep}")
            self.decide("warning", f"{left} left: {why}")
        elif todo == rule.WITHDRAW:
            self._actions.tell("gpuinfra: this host stays on")
            self.decide("warning withdrawn", self.words())
        else:
            self._end(why)

    def reason(self) -> str:
        """Return why the host ends, with the numbers behind it."""
        if self.state.why == rule.MAX_HOURS:
            return f"on for {self.state.on_s / 3600:.1f} h of max_hours {self.limits.max_hours:g}"
        return f"idle for {self.state.idle_s / 60:.0f} min ({self.words()})"

    def words(self) -> str:
        """Return the readings in words; of terminals that nobody has used the time since then."""
        seen = {name: one["words"] for name, one in self.info.get("seen", {}).items()}
        if silent_s := self.state.quiet_s.get("terminal", 0.0):
            seen["terminal"] = f"no terminal for {silent_s / 60:.0f} min"
        return ", ".join(filter(None, seen.values()))

    def _end(self, why: str) -> None:
        """End the host; one that is still on long after is powered off the hard way."""
        if self._ended_s is None:
            self._ended_s = self.info["ended_s"] = boot_s()
            self.decide(END, why)
        self._actions.end(why)
        if boot_s() - self._ended_s > FORCE_S:
            self._actions.force_off()

    def decide(self, kind: str, words: str) -> None:
        """Keep a decision with the numbers behind it."""
        record = {"at": time.time(), "kind": kind, "words": words}
        self.info["decisions"] = [*self.info.get("decisions", []), record][-DECISIONS:]
        self._actions.record(kind, words)
        self.save()

    def obey(self) -> None:
        """Do what control.py has left in /run: extend, off, on."""
        request = load(f"{self._run}/{kept.REQUEST}")
        if not request or request.get("id") == self.info.get("request"):
            return
        self.info["request"] = request.get("id")
        self.state.take(request)
        # whoever has asked reads the answer before the next tick
        self.state.look_ahead(self.limits, off_hour=self.limits.is_off_hour(time.time()))
        self.decide(str(request.get("kind")), str(request.get("words")))

    def save(self) -> None:
        """Keep all of it, wherever there is room."""
        self.info |= {"state": vars(self.state), "limits": self.limits.text, "at": time.time()}
        self.info |= {"boot_s": boot_s(), "tick_s": TICK_S / SPEED}
        for folder in (self._run, self._disk):
            store(f"{folder}/{kept.STATE}", self.info)
        if self.boots:
            self.boots[-1]["last_seen"] = time.time()
            store(f"{self._disk}/{kept.BOOTS}", {"boots": self.boots})


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default


def _seen(read: Callable[[], rule.Seen]) -> rule.Seen:
    try:
        return read()
    except Exception as error:  # whatever goes wrong in there, the host is not idle for it
        return rule.Seen(None, f"not read: {type(error).__name__} {error}"[:120])


def main() -> None:
    """Guard this host for ever; a second guard waits until the first has gone."""
    os.makedirs(kept.RUN, exist_ok=True)
    lock = os.open(f"{kept.RUN}/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    threading.Thread(target=spot.watch, name="spot", daemon=True).start()
    guard = Guard(readings.all_signals(), Actions())
    while True:
        guard.obey()
        guard.tick()
        wake_s = boot_s() + TICK_S / SPEED
        while (wait_s := wake_s - boot_s()) > 0 and signal.sigtimedwait({signal.SIGHUP}, wait_s):
            guard.obey()
