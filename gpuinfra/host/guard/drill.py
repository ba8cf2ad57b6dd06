"""A drill: what a notice would do, timed, on a host that goes on with its jobs.

The laptop leaves a request in /run, which root alone can write; the watcher (spot.py) finds it as it would
find a notice, and begins a unit, which runs the hook and the saves and keeps in /run how that went.
"""

from __future__ import annotations

import os
import sys
import time

from gpuinfra.host.guard import events, hook, kept, running_jobs, spot, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUN = f"{hook.ROOT}{kept.RUN}"
RESULT = "drill.json"
POLL_S = 0.1
UNSEEN_S = 10.0  # the watcher looks once a second
SLACK_S = 60.0


def ask(notice_s: float, *, run: str = RUN) -> dict[str, Any]:
    """Leave the request, follow the drill, and return how it went; `error` in it if it did not."""
    drill, began = f"{time.time()}-{os.getpid()}", time.monotonic()
    kept.store(f"{run}/{spot.DRILL}", {"id": drill, "notice_s": notice_s, "at": time.time()})
    told = 0
    while True:
        result = kept.load(f"{run}/{RESULT}")
        mine = result if result.get("id") == drill else {}
        for words in mine.get("steps", [])[told:]:
            sys.stderr.write(f"{words}\n")
            told += 1
        waited_s = time.monotonic() - began
        if mine.get("done"):
            return mine
        if not mine and waited_s > UNSEEN_S:
            return {"error": f"nothing on the host has seen the notice within {UNSEEN_S:.0f} s"}
        if waited_s > notice_s + SLACK_S:
            return {"error": f"the drill has not ended within {waited_s:.0f} s"}
        time.sleep(POLL_S)


class Drill:
    """One drill, in its unit."""

    def __init__(self, drill: str, *, notice_s: float, seen_s: float, run: str = RUN) -> None:
        self._file, self._notice_s = f"{run}/{RESULT}", notice_s
        self._result: dict[str, Any] = {"id": drill, "notice_s": notice_s, "seen_s": seen_s, "steps": []}

    def run(self) -> None:
        """Run the hook, then all saves at the same time, as an ending does; the host and its jobs go on."""
        began, (_, sent) = time.monotonic(), system.network_bytes()
        self._step("the notice was seen: nothing ends, this is a drill")
        done = self._hook() if hook.exists() else None
        left_s = max(5.0, self._notice_s - (time.monotonic() - began))
        jobs = running_jobs.save(why="drill", deadline_s=left_s, tell=self._step)
        for job in jobs:
            self._step(str(job["text"]))
        seconds = round(time.monotonic() - began, 1)
        self._result |= {"hook": done, "jobs": jobs, "seconds": seconds, "done": True}
        self._result |= {"sent_bytes": max(0, system.network_bytes()[1] - sent)}
        events.record("drill", by="gpuinfra", text=f"drill of a spot interruption: {seconds:.0f} s")
        self._keep()

    def _hook(self) -> dict[str, Any]:
        deadline_s = self._notice_s / 2 if running_jobs.running() else self._notice_s  # as of an ending
        self._step(f"running on_stop (up to {deadline_s:.0f} s)")
        done = hook.run(reason="drill", by="gpuinfra", deadline_s=deadline_s, tell=self._step, is_drill=True)
        self._step(str(done["text"]))
        return done

    def _step(self, words: str) -> None:
        self._result["steps"].append(words)
        self._keep()

    def _keep(self) -> None:
        kept.store(self._file, self._result)
