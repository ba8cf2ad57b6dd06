"""The work at risk: what the running jobs have cost since they saved last. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gpuinfra.ground import when
from gpuinfra.ground.text import duration, pairs

ENDED = ("done", "failed", "GPU failed", "stopped", "lost")
HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class WorkAtRisk:
    """What would be lost if the host were gone now: `seconds` of its time since the oldest unsaved moment.

    usd: None where its price is unknown. job: the one that has not saved for the longest. saved: it has once.
    """

    seconds: float
    usd: float | None
    job: str
    saved: bool

    def text(self) -> str:
        """Return it in words."""
        cost = f"{self.usd:.2f} USD" if self.usd is not None else "cost unknown (no price told)"
        since = "since its last --save" if self.saved else "since it began, no --save has run"
        return f"{cost}: job {self.job}, {duration(int(self.seconds))} {since}"


def at_risk(
    jobs: Sequence[Mapping[str, Any]], *, is_spot: bool, usd_h: float | None, now: datetime
) -> WorkAtRisk | None:
    """Return the work at risk of what runs: all jobs of a spot host, else those with a --save; None for none.

    jobs: as the host describes them.
    """
    unsaved = []
    for job in jobs:
        since = when.read(str(job.get("saved") or job.get("created") or ""))
        if since and job.get("state") not in ENDED and (is_spot or job.get("save")):
            unsaved.append(((now - since).total_seconds(), job))
    if not unsaved:
        return None
    seconds, job = max(unsaved, key=lambda one: one[0])
    seconds = max(0.0, seconds)
    usd = None if usd_h is None else seconds / HOUR_S * usd_h
    name = str(job.get("name") or job.get("id"))
    return WorkAtRisk(seconds=seconds, usd=usd, job=name, saved=bool(job.get("saved")))


def line(found: WorkAtRisk | None) -> str:
    """Return it as a line below those of `status`; nothing for none."""
    return f"\n{pairs([('at risk', found.text())])}" if found else ""
