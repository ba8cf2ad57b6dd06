"""A host's serial console: always drained, else the host would block on it; its end kept in a file."""

import os
import pty
import threading
from pathlib import Path

KEPT_BYTES = 65536  # what EC2 keeps
_FULL_BYTES = 4 * KEPT_BYTES
_READ_BYTES = 65536


class ConsoleLog:
    """The file; cut to its end now and then, so that a chatty host cannot fill the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, output: bytes) -> None:
        """Append."""
        with self.path.open("ab") as log:
            log.write(output)
            full = log.tell() > _FULL_BYTES
        if full:
            draft = self.path.with_suffix(".cut")
            draft.write_bytes(self.path.read_bytes()[-KEPT_BYTES:])
            draft.replace(self.path)


class Console:
    """A terminal whose slave the host has as /dev/console."""

    def __init__(self, log: ConsoleLog) -> None:
        self._log = log
        self._master, self._slave = pty.openpty()
        self.device = os.ttyname(self._slave)
        self._pump = threading.Thread(target=self._drain, name=f"console {log.path.parent.name}", daemon=True)
        self._pump.start()

    def close(self) -> None:
        """Write what is still under way, then end."""
        os.close(self._slave)  # with its last slave closed the master reads EIO, after all that was written
        self._pump.join(timeout=5)

    def _drain(self) -> None:
        with open(self._master, "rb", buffering=0) as master:  # noqa: PTH123  # a descriptor, not a path
            while True:
                try:
                    self._log.write(master.read(_READ_BYTES) or b"")
                except OSError:
                    return
