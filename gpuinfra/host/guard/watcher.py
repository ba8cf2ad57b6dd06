"""What the watchers of an ending share: what they ask, begin and record, and what was done since the boot.

What they begin is a unit of its own, so that neither a guard that is renewed nor one that hangs ends it.
"""

from __future__ import annotations

import subprocess
import sys

from gpuinfra.host.guard import events, finished_jobs, kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

PROGRAM = __file__.replace("watcher.py", "end_host.py")
START_S = 10.0


class Watcher:
    """Notes what was done in its STATE, a file of `run`, which a reboot empties.

    ask: metadata by its name; raises OSError where nothing answers. begin: starts a verb of end_host.py in a
    unit of this name.
    """

    STATE = ""
    _looks = 0

    def __init__(
        self,
        *,
        ask: Callable[[str], str],
        begin: Callable[[str, Sequence[str]], None],
        record: Callable[..., object] = events.record,
        disk: str = kept.DISK,
        run: str = kept.RUN,
    ) -> None:
        self._ask, self._begin, self._record = ask, begin, record
        self._run, self._file = run, f"{run}/{self.STATE}"
        self._finished = finished_jobs.FinishedJobs(f"{disk}/{finished_jobs.FILE}", record=record)
        self.info: dict[str, Any] = kept.load(self._file)

    def _is_new(self, step: str, text: str) -> bool:
        """Tell whether it was not noted with this text before; from then on it is."""
        if self.info.get(step) == text:
            return False
        self._note(**{step: text})
        return True

    def _note(self, **values: object) -> None:
        self.info |= values
        kept.store(self._file, self.info)


def begin(unit: str, words: Sequence[str]) -> None:
    """Start a verb of end_host.py as a unit; where systemd does not, as a child of the guard."""
    program = ["/usr/bin/python3", "-I", "-B", PROGRAM, *words]
    argv = ["systemd-run", "--quiet", "--collect", f"--unit={unit}", *program]
    try:
        done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=START_S)
        trouble = done.stderr.strip() if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        trouble = str(error)
    if trouble:
        sys.stderr.write(f"{unit} is no unit: {trouble}\n")
        subprocess.Popen(program, stdin=subprocess.DEVNULL, start_new_session=True)
