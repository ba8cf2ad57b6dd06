"""A job on the host as a value, and the words for it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gpuinfra.ground import when
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.text import shorten, table

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
EXIT_HOST = HostError.exit_code
ENDED = ("done", "failed", "GPU failed", "stopped", "lost")
# An id goes into the commands that hints name.
ID = re.compile(r"[a-z0-9]{1,32}\Z")
TEXTS = ("id", "name", "kind", "command", "state", "created", "ended", "reason", "then")
SHAPE = {
    **dict.fromkeys(TEXTS, (str, None)),
    "exit_code": (int, None),
    "attached": (bool, None),
    "time_limit_s": (float, None),
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job, or a `run` that is under way or was left behind; times are ISO 8601 in UTC.

    kind: run or job. state: starting, running, or one of ENDED.
    """

    id: str
    name: str
    kind: str
    command: str
    state: str
    created: str
    ended: str
    exit_code: int | None
    reason: str
    attached: bool
    time_limit_s: float | None
    then: str

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing more will come of it."""
        return self.state in ENDED

    @property
    def code_to_pass_on(self) -> int:
        """Return the exit code of who waited for it; a lost job has none of its own."""
        return self.exit_code if self.exit_code is not None and self.state != "lost" else EXIT_HOST

    def text(self) -> str:
        """Return it in a line."""
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        return f"{self.id}  {self.state}{code}{f' ({self.reason})' if self.reason else ''}"


def ended(job: Job, stack: str) -> Job:
    """Return a job that was asked to end.

    Raises:
        HostError: it still runs.
    """
    if job.has_ended:
        return job
    raise HostError(
        f"the job {job.id} was asked to end and is still {job.state}",
        hint=command(f"job wait {job.id}", stack),
    )


def parse(answer: Any) -> Job:
    """Return a job as the host describes it.

    Raises:
        HostError: it is no description of a job.
    """
    raw = checked(answer, SHAPE, "a job")
    texts = {name: raw.get(name) or "" for name in TEXTS}
    if not ID.match(texts["id"]):
        raise HostError(f"the host names a job {texts['id']!r:.60}; an id is of small letters and digits")
    return Job(
        **{**texts, "then": texts["then"] or "none"},
        exit_code=raw.get("exit_code"),
        attached=bool(raw.get("attached")),
        time_limit_s=raw.get("time_limit_s"),
    )


def parse_all(answer: Any) -> list[Job]:
    """Return the jobs of a list, in its order; raises as `parse`."""
    return [parse(one) for one in checked(answer, list, "its jobs")]


def jobs_table(jobs: Sequence[Job], now: datetime) -> str:
    """Return jobs as lines, the newest first as they come; times by the clock of `now`."""
    if not jobs:
        return "no jobs"
    head = ("ID", "NAME", "STATE", "EXIT", "STARTED", "TOOK", "COMMAND")
    return table([head, *(_row(job, now) for job in jobs)])


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    state = f"{job.state} (run)" if job.kind == "run" else job.state
    then = f"  (then {job.then})" if job.then != "none" and not job.has_ended else ""
    why = f"  ({job.reason})" if job.reason else ""
    code = "" if job.exit_code is None else str(job.exit_code)
    times = when.local(job.created, now), when.between(job.created, job.ended, now)
    return (job.id, job.name or "-", state, code, *times, shorten(job.command) + then + why)


def seconds(text: str) -> float | None:
    """Return a time limit such as 90s, 30m, 2h or 1d in seconds; None for none.

    Raises:
        ConfigError: it is no time.
    """
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not match or not float(match[1]):
        raise ConfigError(
            f"the time limit is {text!r}; it must be a number and s, m, h or d", hint="--time-limit 2h"
        )
    return float(match[1]) * UNITS_S[match[2]]


def variables(given: Sequence[str], environ: dict[str, str]) -> dict[str, str]:
    """Return what --env says: K=V, or K alone for the value that it has here.

    Raises:
        ConfigError: a name that is none, or one that has no value here.
    """
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not VARIABLE.match(name):
            raise ConfigError(f"--env says {name!r}, which is no name of a variable", hint="--env NAME=VALUE")
        if not equals and name not in environ:
            raise ConfigError(f"--env {name}: there is no such variable here", hint=f"--env {name}=VALUE")
        found[name] = value if equals else environ[name]
    return found


def checked_name(name: str) -> str:
    """Return a job's name.

    Raises:
        ConfigError: it cannot be one.
    """
    if name and not NAME.match(name):
        raise ConfigError(
            f"the job's name is {name!r} ({len(name)} characters); it may hold letters, digits, . _ and -,"
            " a letter or digit first, 63 at most"
        )
    return name
