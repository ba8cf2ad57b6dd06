"""`drill`: a notice as EC2 gives it, on a host that goes on; would two minutes suffice?"""

import json
from dataclasses import dataclass
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.text import pairs
from gpuinfra.ground.world import World

PROGRAM = ("sudo", "-n", "/usr/bin/python3", "-I", "-B", "gpuinfra/host/guard/end_host.py", "drill")
NOTICE_S, LONGEST_S = 120.0, 3600.0
SLACK_S = 120.0  # beyond the notice: for a connection, and for what hangs
SEEN_S = 6.0  # a notice is looked for each 5 s
RESERVE_S = 5.0  # before EC2's time (host/guard/interruption.py)
GRACE_S = 10.0  # between a job's SIGTERM and its SIGKILL (host/jobs/supervisor.py)
LEAST_BYTES = 10_000_000  # fewer tell nothing of a rate
JOB = {"job": str, "text": str, "save_code": (int, None), "seconds": (float, None)}
HOOK = {"text": str, "exit_code": (int, None), "seconds": (float, None)}
SHAPE = {
    "error": (str, None),
    "seen_s": (float, None),
    "seconds": (float, None),
    "sent_bytes": (int, None),
    "hook": (HOOK, None),
    "jobs": ([JOB], None),
}


@dataclass(frozen=True, kw_only=True)
class DrillResult:
    """How a drill went: on_stop and each save, in seconds.

    hook: None where there is no on_stop. jobs: those with a --save. sent_bytes: what the host sent meanwhile.
    """

    stack: str
    notice_s: float
    seen_s: float
    seconds: float
    sent_bytes: int
    hook: dict[str, Any] | None
    jobs: tuple[dict[str, Any], ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return what did not do its work, in words."""
        jobs = [str(job["text"]) for job in self.jobs if job.get("save_code") != 0]
        hook = [str(self.hook["text"])] if self.hook and self.hook.get("exit_code") != 0 else []
        return (*hook, *jobs)

    @property
    def needed_s(self) -> float:
        """Return what an interruption takes at most: seen late, the jobs asked to end, a reserve."""
        return SEEN_S + self.seconds + (GRACE_S if self.jobs else 0.0) + RESERVE_S

    @property
    def suffices(self) -> bool:
        """Tell whether the notice is long enough, and all was saved."""
        return not self.failed and self.needed_s <= self.notice_s

    @property
    def saving_s(self) -> float:
        """Return the seconds of the longest save."""
        return max((float(job.get("seconds") or 0.0) for job in self.jobs), default=0.0)

    @property
    def bytes_s(self) -> float | None:
        """Return how fast the saves went; None where too little was sent to tell."""
        return self.sent_bytes / self.saving_s if self.saving_s and self.sent_bytes >= LEAST_BYTES else None

    @property
    def fits_gb(self) -> float | None:
        """Return how many GB more would fit into what is left of the notice; None where nothing tells."""
        left_s = max(0.0, self.notice_s - self.needed_s)
        return None if self.bytes_s is None else round(self.bytes_s * left_s / 1e9, 1)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        names = (
            "notice_s",
            "seen_s",
            "seconds",
            "needed_s",
            "sent_bytes",
            "fits_gb",
            "suffices",
            "hook",
            "jobs",
        )
        return {name: getattr(self, name) for name in names}

    def text(self) -> str:
        """Return it for people: what was run, and whether the notice suffices."""
        rows: list[tuple[str, object]] = [("seen", f"after {self.seen_s:.1f} s (a real notice: up to 5 s)")]
        rows += [("on_stop", _timed(self.hook) if self.hook else "none")]
        rows += [("save", _timed(job)) for job in self.jobs] or [("save", "no running job has a --save")]
        rows += [("more", self._more()), ("verdict", self._verdict())]
        return pairs(rows)

    def _more(self) -> str:
        if self.fits_gb is None:
            return "how many GB would fit is unknown: the saves sent too little to tell"
        sent, rate = self.sent_bytes / 1e9, (self.bytes_s or 0.0) / 1e6
        return f"about {self.fits_gb:g} GB would fit in the rest ({sent:.2f} GB were sent, {rate:.0f} MB/s)"

    def _verdict(self) -> str:
        if self.failed:
            return f"not saved: {'; '.join(self.failed)}"
        if not (self.jobs or self.hook):
            return f"nothing would be saved: {command('job start --save', self.stack)}, or on_stop.sh"
        word = "suffice" if self.suffices else "do not suffice"
        return f"{self.notice_s:.0f} s {word}: {self.needed_s:.0f} s are needed"


def drill(world: World, *, notice_s: float = NOTICE_S) -> DrillResult:
    """Deliver a notice to the host, run on_stop and the saves there, end nothing; return how it went.

    Raises:
        ConfigError: the notice is none.
        HostError: there is no host, or its watcher has not seen the notice.
    """
    if not 0 < notice_s <= LONGEST_S:
        raise ConfigError(
            f"--notice is {notice_s:g}; it must be seconds from 1 to {LONGEST_S:.0f}",
            hint=command("drill", world.files.name),
        )
    host = connect(world)
    world.reporter.say("a drill: on_stop runs (GPUINFRA_DRILL=1), the jobs save and go on, nothing ends")
    program = (*PROGRAM, f"{notice_s:g}")
    done = world.host.run(host, program, timeout_s=notice_s + SLACK_S, shown=True)
    try:
        told = checked(json.loads(done.stdout), SHAPE, "how the drill went")
    except (ValueError, RecursionError):
        words = done.stderr.strip()[-300:] or f"exit code {done.code}"
        raise HostError(f"the host did not do it: {words}", hint=command("logs", host.stack)) from None
    if error := told.get("error"):
        raise HostError(f"{error}: a real one would not be seen either", hint=command("guard on", host.stack))
    return DrillResult(
        stack=host.stack, notice_s=notice_s, seen_s=float(told.get("seen_s") or 0.0),
        seconds=float(told.get("seconds") or 0.0), sent_bytes=int(told.get("sent_bytes") or 0),
        hook=told.get("hook"), jobs=tuple(told.get("jobs") or ()),
    )  # fmt: skip


def _timed(one: dict[str, Any]) -> str:
    took, text = one.get("seconds"), str(one["text"])
    return text if took is None or text.endswith(" s)") else f"{text} ({took:.1f} s)"
