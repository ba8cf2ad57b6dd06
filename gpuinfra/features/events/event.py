"""One event, wherever it was heard, and how a list of them is merged and told. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from gpuinfra.ground import when

MARK = "gpuinfra-event "  # before an event on the console (host/guard/events.py)
END, AWS, COMMAND = "end", "aws", "command"
STEPS = ("on_stop", "job ended")
TEXTS = ("by", "reason", "text", "output", "instance_id", "job", "name", "command", "created", "state")
BY_PRICE, PRICE_ROSE = "by-price", "its price rose above max_price"  # of the status of a spot request
BY_USER = "Client.UserInitiatedShutdown"  # of EC2's state reasons: a call of the API
OUR_STOPS = ("gpuinfra stop", "gpuinfra resize")
TAKEN_BACK = "Server.SpotInstance"  # ...Termination, ...Shutdown: of EC2's state reasons


@dataclass(frozen=True, kw_only=True)
class HostEvent:
    """Something that happened: `time` in ISO 8601, UTC; `by` whom and for what `reason`, in words.

    kind: end, on_stop, job ended, ... as the host says; command: one of ours; aws: what EC2 says itself.
    text: how it went, in `seconds`. output: what on_stop printed. job and what follows: of a job.
    """

    time: str
    kind: str
    by: str = ""
    reason: str = ""
    text: str = ""
    output: str = ""
    instance_id: str = ""
    job: str = ""
    name: str = ""
    command: str = ""
    created: str = ""
    state: str = ""
    exit_code: int | None = None
    seconds: float | None = None

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def line(self, now: datetime) -> str:
        """Return it as a line: when, what, by whom, why."""
        time = when.read(self.time)
        at = f"{time.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}" if time else self.time
        what = {END: "the host ends", AWS: "AWS", COMMAND: ""}.get(self.kind, "" if self.text else self.kind)
        told = ": ".join(filter(None, (what, self.text or self.reason)))
        return f"{at}  {told}{f'  ({self.by})' if self.by else ''}"


def parse(raw: Mapping[str, Any], instance_id: str = "") -> HostEvent | None:
    """Return an event of a host or of the kept ones; None for what is none."""
    time, kind = raw.get("time"), raw.get("kind")
    if not (isinstance(time, str) and isinstance(kind, str) and when.read(time)):
        return None
    words = {name: value for name in TEXTS if isinstance(value := raw.get(name), str)}
    took = raw.get("seconds")
    seconds = float(took) if isinstance(took, int | float) else None
    code = raw.get("exit_code")
    given = {"time": time, "kind": kind, "instance_id": instance_id, **words}
    return HostEvent(**given, seconds=seconds, exit_code=code if isinstance(code, int) else None)


def parse_all(raw: Iterable[Any], instance_id: str = "") -> list[HostEvent]:
    """Return those of a list that are events."""
    found = (parse(one, instance_id) for one in raw if isinstance(one, dict))
    return [one for one in found if one]


def on_console(text: str, instance_id: str = "") -> list[HostEvent]:
    """Return the events among what a host wrote to its serial console."""
    found = []
    for line in text.splitlines():
        _, mark, words = line.partition(MARK)
        try:
            found.append(json.loads(words) if mark else None)
        except (ValueError, RecursionError):  # other words came between
            continue
    return parse_all(found, instance_id)


def merged(*lists: Sequence[HostEvent]) -> list[HostEvent]:
    """Return all by time, each once: the same one is told by the host, its console and what was kept."""
    known: dict[tuple[str, ...], HostEvent] = {}
    for one in (one for found in lists for one in found):
        known.setdefault((one.time, one.kind, one.by, one.reason), one)
    return sorted(known.values(), key=_at)


def ending(events: Sequence[HostEvent]) -> str:
    """Return how the last ending went: who and why, on_stop, and each job; empty for none."""
    ends = [number for number, one in enumerate(events) if one.kind == END]
    if not ends:
        return ""
    last, before = ends[-1], ends[-2] + 1 if ends[1:] else 0
    steps = [one for one in events[before:last] if one.kind in STEPS and one.reason == events[last].reason]
    return "; ".join([f"{events[last].reason} ({events[last].by})", *map(_step, steps)])


def our_stop(events: Sequence[HostEvent]) -> str:
    """Return which of our commands stopped the host, the first of these; empty for none."""
    stops = [it for it in events if it.kind == COMMAND and it.reason.startswith(OUR_STOPS)]
    return f"{stops[0].reason} ({stops[0].by})" if stops else ""


def _step(one: HostEvent) -> str:
    return one.text if one.seconds is None else f"{one.text} ({one.seconds:.0f} s)"


def reason_of_aws(reason: str) -> str:
    """Return why a host ended that has said nothing, in words where they are known."""
    if reason.startswith(TAKEN_BACK):
        why = f", as {PRICE_ROSE}" if BY_PRICE in reason else ""
        # Nobody knows what it said: EC2 forgets a console about an hour after the end, or may not show it.
        said = "and it said no last words that EC2 still has (for an hour): count on nothing saved then"
        return f"EC2 took the spot host back{why}, {said} ({reason})"
    return reason


def _at(one: HostEvent) -> datetime:
    """Return when it was; what AWS says was somewhen in its second, after what led to it."""
    time = when.read(one.time)
    assert time  # noqa: S101 - parse lets no other through
    return time + timedelta(seconds=1) if one.kind == AWS else time
