"""Changes of files as they happen: the only importer of watchfiles."""

import time
from collections.abc import Iterator
from pathlib import Path

from gpuinfra.host.sync.records import NEVER
from gpuinfra.tools.adapter import adapter

# Changes within this time of each other are one: an editor's save is several, a checkout thousands.
DEBOUNCE_MS, STEP_MS, LOOK_MS = 600, 50, 200
# Linux watches 8,192 to 1 M folders for a user, and each editor takes its share (inotify(7)).
MORE_WATCHES = "sudo sysctl fs.inotify.max_user_watches=524288   # or name folders in .gpuinfraignore"


@adapter("the project's folder cannot be watched", RuntimeError, hint=MORE_WATCHES)
class WatchfilesWatcher:
    """The Watcher port."""

    def changes(self, root: Path, *, every_s: float | None = None) -> Iterator[int]:
        """Yield 0 once it watches, then the number of changes each time; 0 after `every_s` without any."""
        import watchfiles

        def counts(change: watchfiles.Change, path: str) -> bool:
            return not NEVER & set(Path(path).relative_to(root).parts)

        last = float("-inf")
        for found in watchfiles.watch(
            root,
            watch_filter=counts,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
        ):
            if found or time.monotonic() - last >= (every_s or float("inf")):
                yield len(found)
                last = time.monotonic()
