"""On the host: jobs of `--restart` that have ended by themselves are told on the console.

A spot host may be gone before anybody has asked: what is finished must not begin again on the next one.
"""

from __future__ import annotations

import os

from gpuinfra.host.guard import events, kept, running_jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FILE = "finished-jobs.json"
MOST = 500  # ids that are remembered
BY_HOST = "host ended: "  # how the reason of a job begins that was ended with its host (running_jobs.end)


class FinishedJobs:
    """Tells each once; `file` holds which were."""

    def __init__(self, file: str, *, record: Callable[..., object] = events.record) -> None:
        self._file, self._record = file, record
        self._told: list[str] = [str(one) for one in kept.load(file).get("told", [])]
        self._others: set[str] = set()  # not to be looked at again

    def tell(self) -> None:
        """Tell those that have ended since the last time."""
        for path in running_jobs.directories():
            job = os.path.basename(path)
            if job in self._others or job in self._told:
                continue
            request = kept.load(f"{path}/job.json")
            if request and not request.get("restart"):
                self._others.add(job)
            elif end := kept.load(f"{path}/end.json"):
                self._tell(job, request, end)

    def _tell(self, job: str, request: dict[str, Any], end: dict[str, Any]) -> None:
        self._told = [*self._told, job][-MOST:]
        kept.store(self._file, {"told": self._told})
        reason, state, code = str(end.get("reason", "")), str(end.get("state")), end.get("exit_code")
        if reason.startswith(BY_HOST) or state == "lost":
            return
        text = f"job {request.get('name') or job} {state}, exit code {code}"
        told = {name: request.get(name) for name in ("name", "command", "created")}
        self._record(
            "job finished", by="gpuinfra", job=job, reason=reason, text=text,
            state=state, exit_code=code, **told,
        )  # fmt: skip
