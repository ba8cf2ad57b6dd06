"""What EC2 says to a spot host: a notice is the one ending, a recommendation lets the jobs save and go on."""

from __future__ import annotations

import calendar
import time

from gpuinfra.host.guard import ending, events, running_jobs, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gpuinfra.host.guard.process_group import Tell

BY = "EC2"
NOTICE_S = 120.0  # EC2 user guide, "Spot Instance interruption notices"
RESERVE_S = 5.0  # before EC2's time
LEAST_S = 10.0
SAVE_S = 600.0  # a recommendation comes without a time
FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def interrupted(action: str, at: str, tell: Tell) -> None:
    """Run on_stop and the saves in the time that is left; EC2 itself then ends the host.

    It is not powered off: a host that EC2 takes back in its first hour costs nothing, one that ends itself
    does (EC2 user guide, "Billing for interrupted Spot Instances").
    """
    reason = f"spot interruption: {action} at {at or 'a time that was not told'}"
    ending.end(reason=reason, by=BY, action="none", deadline_s=left_s(at), tell=tell)


def left_s(at: str, now: float | None = None) -> float:
    """Return the seconds until then; no wrong clock makes it longer than a notice, or nothing."""
    try:
        end = float(calendar.timegm(time.strptime(at, FORMAT)))
    except ValueError:
        return NOTICE_S - RESERVE_S
    return min(max(end - (time.time() if now is None else now), LEAST_S + RESERVE_S), NOTICE_S) - RESERVE_S


def recommended(tell: Tell) -> None:
    """Tell that the host is at risk, and let each job save once while it goes on."""
    words = "EC2 expects to take this spot host back soon"
    warn.tell(f"gpuinfra: {words}; the jobs with --save save now and go on")
    events.record("rebalance", by=BY, text=words)
    for job in running_jobs.save(why="rebalance", deadline_s=SAVE_S, tell=tell):
        tell(str(job["text"]))
        events.record("job saved", by=BY, reason="rebalance recommendation", **job)
