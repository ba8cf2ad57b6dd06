"""How a lease stands, in words and as plain values. Pure."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money.lease import Lease, LeaseNow
from gpuinfra.features.money.rates import HOUR_S
from gpuinfra.ground import when
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import SPOT
from gpuinfra.ground.text import duration, pairs

# What state a lease is in.
RUNS, PAUSED, ENDED, ENDING = "runs", "paused", "ended", "ending"
MISSING, UNTOLD = "without a schedule", "not told"


@dataclass(frozen=True, kw_only=True)
class LeaseSummary:
    """A lease for people and programs.

    limit, used, an_hour: USD, or hours for a lease of max_hours (`unit`); None: unknown, `why` says why.
    state: runs (AWS ends the host at ends_at), paused (the host is stopped, something is left), ended
    (nothing is left), ending (AWS stops the host just now), not told (by AWS), or without a schedule: nothing
    would end it.
    left_s: for how long it may run on. ends_at, since: ISO 8601, UTC. is_spot: its end deletes its disk.
    """

    stack: str
    unit: str
    limit: float
    used: float | None
    an_hour: float | None
    state: str
    ends_at: str = ""
    left_s: float | None = None
    since: str = ""
    stopped_days: float | None = None
    why: str = ""
    is_spot: bool = False

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def line(self, here: datetime) -> str:
        """Return it in one line; here: now, by the user's clock."""
        of = f"{_amount(self.used)} of {_amount(self.limit)} {self.unit}"
        if self.state == MISSING:
            return f"{of}; AWS has no schedule of it: nothing would end the host; {command('up', self.stack)}"
        if self.state == UNTOLD:
            return f"{of}; when {self._end} is not known: {self.why}"
        if self.state == ENDED:
            at = f" {when.local(self.since, here)}" if self.since else ""
            return f"ended{at}: {of}; {self.extend}"
        if self.state == ENDING:
            return f"{of}: {self._end} now; {self.extend}"
        if self.state == PAUSED:
            left = "unknown" if self.left_s is None else duration(int(self.left_s))
            return f"{of}; once started the host may run for {left}{self._because}"
        return f"{of}; {self._end} {ends_in_words(self.ends_at, here)}{self._because}"

    def text(self, here: datetime) -> str:
        """Return it as lines."""
        rows: list[tuple[str, object]] = [("lease", self.line(here))]
        if self.unit == "USD":
            rows.append(("an hour", f"{_amount(self.an_hour)} USD while the host runs"))
        if self.is_spot:
            rows.append(("then", "its disk is gone: a spot host cannot be stopped"))
        elif self.stopped_days is not None:
            days = f"{self.stopped_days:g} days after the end of the lease"
            rows.append(("then", f"AWS terminates the host and deletes its disk {days}"))
        elif self.unit == "USD":
            rows.append(("then", f"its disk is kept, and costs money until {command('down', self.stack)}"))
        return pairs([*rows, ("longer", self.extend)])

    @property
    def extend(self) -> str:
        """Return the command that makes it longer."""
        return command(
            "lease extend --usd 10" if self.unit == "USD" else "lease extend --hours 5", self.stack
        )

    @property
    def _end(self) -> str:
        return "AWS terminates the spot host" if self.is_spot else "AWS stops the host"

    @property
    def _because(self) -> str:
        if self.used is None or self.an_hour is None:
            return f" (prices unknown: {self.why})"
        return f"; {self.why}" if self.why else ""


def summary(now: LeaseNow, stack: str) -> LeaseSummary:
    """Return how a lease stands."""
    lease, use, start, instance = now.lease, now.use, now.start, now.instance
    is_on = instance.state in ("pending", "running")
    left = leases.left_s(lease, use)
    return LeaseSummary(
        stack=stack,
        unit="USD" if lease.is_of_money else "hours",
        limit=lease.limit,
        used=_rounded(use.used),
        an_hour=_rounded(use.an_hour),
        state=_state(now, is_on),
        ends_at=iso(start.begins) if start and is_on else "",
        left_s=max(0.0, start.begins - start.now) if start and is_on else left,
        since="" if is_on else instance.since,
        stopped_days=lease.stopped_days,
        why=now.untold or use.why or (_late(now, stack) if is_on else ""),
        is_spot=instance.market == SPOT,
    )


def _late(now: LeaseNow, stack: str) -> str:
    """Return what to do about an end after the limit: an apply that was cut off has not moved it."""
    end = leases.end(now.lease, now.use, now=now.start.now) if now.start else None
    if now.start is None or end is None or now.start.begins - end < leases.LEAST_S:
        return ""
    return f"! that is later than the limit allows: {command('up', stack)}   # moves it"


def _state(now: LeaseNow, is_on: bool) -> str:
    if now.start is None:
        return UNTOLD if now.untold else MISSING
    if is_on:
        return ENDING if now.start.begins <= now.start.now else RUNS
    return ENDED if leases.is_used_up(now.lease, now.use) else PAUSED


def changed(before: Lease | None, after: Lease | None) -> str:
    """Return what an apply does to a lease; empty where it stays."""
    if before == after:
        return ""
    if after is None:
        return "! lease: removed; AWS will not stop the host by itself any more"
    was = f"{before.text(before.limit)} -> " if before else ""
    return f"  lease: {was}{after.text(after.limit)}"


def from_now_on(hours: float, stopped_days: float | None, *, is_spot: bool = False) -> str:
    """Return how long a host may run from an apply on, and what comes then."""
    days = "" if stopped_days is None else f"; {stopped_days:g} days later it deletes host and disk"
    if hours * HOUR_S < leases.LEAST_S:
        end = "terminates the spot host" if is_spot else "stops the host"
        return f"nothing is left of it, AWS {end} at once{days}"
    end = "terminates it, and deletes its disk: EC2 stops no spot host" if is_spot else "stops it"
    return f"the host may run for {duration(int(hours * HOUR_S))} from now on, then AWS {end}{days}"


def ends_in_words(ends_at: str, here: datetime) -> str:
    """Return a time to come by the user's clock: at 17:43, in 2 h 5 min; another day with its name."""
    end = when.read(ends_at)
    if end is None:
        return "at a time that is not known"
    local = end.astimezone(here.tzinfo)
    day = "" if local.date() == here.date() else f"on {local:%a %Y-%m-%d} "
    return f"{day}at {local:%H:%M}, in {duration(max(0, int((end - here).total_seconds())))}"


def iso(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _amount(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
