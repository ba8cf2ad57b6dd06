"""Where a job's output goes: all of a job's into its file and the journal; of a run only what nobody saw."""

import os
import sys

# Of a run that has an attached client only the end is kept, in memory: a tar of 100 GB may pass.
RECALLED_BYTES = 256 * 1024


class OutputLog:
    """Takes output; never fails for want of disk: the job must not die of its log."""

    def __init__(self, path: str, *, kept: bool, journal: int = -1) -> None:
        self._path = path
        self._journal = journal
        self._recalled = bytearray()
        self._file = self._open() if kept else -1

    def add(self, data: bytes) -> None:
        """Take some output."""
        if self._file < 0:
            self._recalled += data
            if len(self._recalled) > 2 * RECALLED_BYTES:
                del self._recalled[:-RECALLED_BYTES]
            return
        for target in (self._file, self._journal):
            if target >= 0:
                self._write(target, data)

    def keep(self) -> None:
        """From now on into the file, after what is remembered."""
        if self._file < 0:
            self._file = self._open()
            self.add(bytes(self._recalled))
            self._recalled.clear()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _write(self, target: int, data: bytes) -> None:
        try:
            os.write(target, data)
        except OSError:
            return


def print_end(log: str, size: int) -> None:
    """Print the last bytes of a job's log, from the beginning of a line on."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            data = file.read(size)
        sys.stdout.buffer.write(data if len(data) < size else data.partition(b"\n")[2])
        sys.stdout.flush()
    except OSError:
        return
