"""What is sent before `run`, `job start` and `jupyter`, how much at most, and what is told of it.

Lean, since the quick way of `run` asks here, too.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread

from gpuinfra.ground import locations
from gpuinfra.host.sync.records import STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuinfra.features.sync.result import SyncResult

# files and bytes: a data set that was never synced is not sent in passing, nobody may have meant it
MOST = (50_000, 1 << 30)
# at a terminal so much takes a second or two; with more to send a person wants to see how far it is
UNSEEN = (1_000, 32 << 20)
NOTICE_S = 2.0
NOTICE = "sending the project to the host first (--no-sync leaves that out) ..."
STOPPED = "stopped before the command began; what of the project has arrived is kept"


def root_to_send(start: str) -> tuple[str, str]:
    """Return the project's folder, empty where nothing is sent; and what is to be told of that.

    A folder without a mark is sent once a sync has been asked for: who only passes through ~/Downloads has
    not asked for it. The home and the whole disk are no project, and nothing to tell.
    """
    root = locations.synced_root(start)
    if locations.is_personal(root):
        return "", ""
    if locations.is_marked(root) or os.path.exists(f"{root}/{STATE}/manifest"):
        return root, ""
    return "", f"not sent to the host: {root} is no project yet (touch .gpuinfraignore, or: gpuinfra sync up)"


def lines(result: SyncResult) -> list[str]:
    """Return what is told: nothing where nothing was done and nothing stands in the way."""
    if result.names or result.deleted:
        return [f"sync up: {result.text()}", *result.told()]
    return list(result.told()) if result.trouble or result.put_back else []


class Notice:
    """Says what is going on if that takes longer than two seconds."""

    def __init__(self, say: Callable[[str], object], text: str = NOTICE, after_s: float = NOTICE_S) -> None:
        self._say, self._text, self._after_s, self._ended = say, text, after_s, allocate_lock()

    def __enter__(self) -> None:
        """Begin to count."""
        self._ended.acquire()
        start_new_thread(self._wait, ())

    def __exit__(self, *exc: object) -> None:
        """Say nothing from now on."""
        self._ended.release()

    def _wait(self) -> None:
        if not self._ended.acquire(timeout=self._after_s):
            self._say(self._text)
