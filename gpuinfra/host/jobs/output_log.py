"""Where a job's output goes: all of a job's into its file and the journal; of a run only what nobody saw."""

import contextlib
import os
from pathlib import Path

RECALLED = (
    256 * 1024
)  # of a run that somebody watches only its end is kept, in memory: a tar of 100 GB may pass


class OutputLog:
    """Takes output; never fails for want of disk: the job must not die of its log."""

    def __init__(self, path: Path, *, kept: bool, journal: int = -1) -> None:
        self._path = path
        self._journal = journal
        self._recalled = bytearray()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if kept else -1

    def add(self, data: bytes) -> None:
        """Take some output."""
        if self._file < 0:
            self._recalled += data
            if len(self._recalled) > 2 * RECALLED:
                del self._recalled[:-RECALLED]
            return
        for target in (self._file, self._journal):
            if target >= 0:
                with contextlib.suppress(OSError):
                    os.write(target, data)

    def keep(self) -> None:
        """From now on into the file, after what is remembered."""
        if self._file < 0:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self.add(bytes(self._recalled))
            self._recalled.clear()
