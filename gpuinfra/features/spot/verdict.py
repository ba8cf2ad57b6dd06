"""Whether a job begins again: by what was heard of it and of the end of its host. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from gpuinfra.features.spot.restart_file import RestartableJob
from gpuinfra.ground import when

BY_EC2 = ("EC2", "EC2 or root")  # as the host calls it (host/guard/interruption.py, end_host.py)
TAKEN_BACK = "Server."  # EC2's own reasons; those of a user begin with "Client."
ENDS = ("gpuinfra down", "gpuinfra stop")  # of our own commands, as they are noted

Events = Sequence[Mapping[str, Any]]


def why_not(job: RestartableJob, events: Events) -> str:
    """Return why a job whose host is gone does not begin again; empty where it does.

    It does in doubt: a host whose power was cut said nothing, and a job that finds its results there ends.
    """
    of_host = [one for one in events if one.get("instance_id") == job.instance_id]
    return _finished(job, of_host) or _ended_by_others([one for one in of_host if not _is_before(one, job)])


def _is_before(event: Mapping[str, Any], job: RestartableJob) -> bool:
    """Tell whether it is of an earlier run: a host of a Capacity Block may be stopped and started again."""
    at, started = when.read(str(event.get("time", ""))), when.read(job.started)
    return at is not None and started is not None and at < started


def _finished(job: RestartableJob, events: Events) -> str:
    texts = [
        one.get("text") for one in events if (one.get("kind"), one.get("job")) == ("job finished", job.id)
    ]
    return f"it had ended by itself ({texts[-1]})" if texts else ""


def _ended_by_others(events: Events) -> str:
    """Return who ended the host, if it was not EC2."""
    for one in events:
        kind, by, reason = one.get("kind"), one.get("by"), str(one.get("reason", ""))
        if kind == "end" and by not in BY_EC2:
            return f"its host ended otherwise: {reason} ({by})"
        if kind == "command" and reason in ENDS:
            return f"its host was ended by {reason}"
        if kind == "aws" and "Client." in str(one.get("text")):
            return f"its host was ended by hand: {one.get('text')}"
    return ""
