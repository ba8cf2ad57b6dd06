"""A job's --save while the job goes on: for a host that may be taken back, and for a drill.

save.json tells how the last one went: id (whose question it answers), began, seconds, exit_code (none while
it runs); saved: when the last good one began.
"""

from __future__ import annotations

import os
import time

from gpuinfra.host.jobs.clock import now
from gpuinfra.host.jobs.process import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any

    from gpuinfra.host.jobs.job_store import JobDirectory
else:
    import _signal as signal  # plain numbers instead of enums

FILE = "save"


class EarlySave:
    """At most one at a time, in a session of its own; its output goes to the job's log."""

    def __init__(self, job: JobDirectory, request: dict[str, Any]) -> None:
        self._job, self._request = job, request
        self._pid, self._began, self._record = 0, 0.0, {}  # type: tuple[int, float, dict[str, Any]]

    def begin(self, question: str, why: str, *, kept: bool) -> None:
        """Begin one, unless there is nothing to save or one is under way: that answers this question, too."""
        if not self._request.get("save"):
            return
        self._record = {**self._record, "id": question}
        if not self._pid:
            self._record |= {"began": now(), "exit_code": None}
            self._began = time.monotonic()
            self._start(why, kept=kept)
        self._job.try_write(FILE, self._record)

    def look(self) -> None:
        """Keep how it went, once it has ended."""
        if not self._pid:
            return
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self._keep(os.waitstatus_to_exitcode(status))

    def stop(self) -> None:
        """End it: the job has ended, and saves for the last time."""
        self.look()
        if self._pid:
            try:
                os.killpg(self._pid, signal.SIGKILL)
            except OSError:
                pass
            self._keep(os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]))

    def _keep(self, code: int) -> None:
        seconds = round(time.monotonic() - self._began, 1)
        saved = {} if code else {"saved": self._record["began"]}
        self._record |= {"exit_code": code, "seconds": seconds, **saved}
        self._pid = 0
        self._job.try_write(FILE, self._record)

    def _start(self, why: str, *, kept: bool) -> None:
        env = {**self._request["env"], "GPUINFRA_SAVE": why}
        log = self._job.log if kept else os.devnull
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        line = ["bash", "-c", self._request["save"]]
        try:
            self._pid = spawn("/bin/bash", line, env, self._request["cwd"], streams)
        except OSError:
            self._keep(126)
