"""How this host ends, whoever wants it: warn, run on_stop, let the jobs save, say the last words, power off.

Exactly once, whichever ending comes first: the first takes a lock (the kernel lets it go when it dies) and
notes in /run how far it has come. One that comes meanwhile waits for it and finds it done; one that comes
after a killed one goes on where that was. What was done counts for COUNTS_S, no longer: whoever has taken
back a `stop` works on, and the next ending is one of its own. The times are those since the boot
(CLOCK_BOOTTIME): a clock that is set changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from contextlib import contextmanager, suppress

from gpuinfra.host.guard import events, hook, process_group, running_jobs, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gpuinfra.host.guard.process_group import Tell

RUN = f"{hook.ROOT}/run/gpuinfra"
LOCK, STATE = f"{RUN}/ending.lock", f"{RUN}/ending.json"
DEADLINE_S = 120.0  # of all of it
COUNTS_S = 600.0  # `down` asks Terraform first, EC2 takes its time
OFF_TIMEOUT_S = 30.0
LOCK_POLL_S = 0.1
OFF = ("systemctl", "--no-block", "poweroff")


def end(
    *, reason: str, by: str, action: str, deadline_s: float = DEADLINE_S, tell: Tell = lambda _: None
) -> bool:
    """End the host; return whether this call was the first, which runs the hook. Blocks; raises nothing.

    action: "poweroff", or "none" where somebody else ends it next. Both run the hook first, once.
    """
    with suppress(OSError):
        os.makedirs(RUN, exist_ok=True)
    with _lock(deadline_s, tell):
        ours = not _is_done()
        try:
            _prepare(reason, by, deadline_s, tell, is_first=ours)
        except Exception as error:  # whatever it is, a host that costs money ends
            events.record("ending failed", by=by, reason=f"{type(error).__name__}: {error}")
        if ours:
            events.record("end", by=by, reason=reason, action=action)
            _note({"done_s": process_group.boot_time()})
        if action == "poweroff":
            _power_off()
    return ours


def _prepare(reason: str, by: str, deadline_s: float, tell: Tell, *, is_first: bool) -> None:
    """Do all that comes before the end. A job saves once anyway, and may be newer than the first ending."""
    began_s = process_group.boot_time()
    if is_first:
        if not _counted():
            hook.forget()
        _note({"began_s": began_s, "by": by, "reason": reason})
        warn.tell(f"gpuinfra: this host ends: {reason} ({by})")
        if hook.exists():
            _run_hook(reason, by, deadline_s, tell)
    left_s = max(5.0, deadline_s - (process_group.boot_time() - began_s))
    for job in running_jobs.end(reason=f"host ended: {reason}", deadline_s=left_s, tell=tell):
        tell(str(job["text"]))
        events.record("job ended", by=by, reason=reason, **job)


def _run_hook(reason: str, by: str, deadline_s: float, tell: Tell) -> None:
    """Run on_stop; one that a killed ending has started is waited for."""
    if running_jobs.running():  # they have the second half for their saves
        deadline_s /= 2
    tell(f"running on_stop (up to {deadline_s:.0f} s)")
    if hook.started():
        done = hook.take_over(tell=tell)
    else:
        done = hook.run(reason=reason, by=by, deadline_s=deadline_s, tell=tell)
    tell(str(done["text"]))
    events.record("on_stop", by=by, reason=reason, **done)


def _power_off() -> None:
    """Ask systemd; where it refuses, or does not answer, force it."""
    try:
        done = subprocess.run(OFF, capture_output=True, text=True, timeout=OFF_TIMEOUT_S, check=False)
        trouble = (done.stderr.strip() or "refused") if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        trouble = str(error)
    if trouble:
        events.record("power-off failed", by="gpuinfra", reason=trouble)
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([*OFF, "--force"], capture_output=True, timeout=OFF_TIMEOUT_S, check=False)


@contextmanager
def _lock(deadline_s: float, tell: Tell) -> Iterator[None]:
    """Hold the lock; one who holds it for longer than any ending may take hangs, and is not waited for."""
    try:
        lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        began = told_s = time.monotonic()
        until = began + max(deadline_s, DEADLINE_S) + 30
        while not _try(lock) and (now_s := time.monotonic()) < until:
            if now_s >= told_s:
                told_s = now_s + process_group.TELL_S
                tell(f"another ending is under way: waiting for it ({now_s - began:.0f} s)")
            time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(lock)


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_done() -> bool:
    return bool(_counted().get("done_s"))


def _counted() -> dict[str, Any]:
    """Return how far an ending of this boot has come; nothing where it is too long ago to count."""
    try:
        with open(STATE, encoding="utf-8") as file:
            state: dict[str, Any] = json.load(file)
        age_s = process_group.boot_time() - float(state.get("done_s") or state["began_s"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return state if 0 <= age_s < COUNTS_S else {}


def _note(part: dict[str, Any]) -> None:
    state = {**_counted(), **part}
    with suppress(OSError):
        with open(f"{STATE}.new", "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(f"{STATE}.new", STATE)
