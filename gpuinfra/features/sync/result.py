"""What a sync did, or would do, as values and as lines. Pure; no dataclasses: their import takes 15 ms."""

from __future__ import annotations

from gpuinfra.features.sync.decide import BOTH
from gpuinfra.features.sync.rsync_args import summary
from gpuinfra.ground.errors import HostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuinfra.features.sync.terms import SyncOutcome

SHOWN = 10  # lines of one kind; the rest is counted


class SyncResult:
    """What a sync did, or would do.

    files: whose content was sent or brought; created: new folders and links; conflicts, failed, left_alone:
    what was not done, and why (a conflict: changed on both sides, or, one way, on the other alone);
    put_back: what was found after a crash.
    """

    def __init__(self, outcome: SyncOutcome, *, dry_run: bool) -> None:
        self.files, self.size_bytes, self.deleted = outcome.files, outcome.size_bytes, len(outcome.deleted)
        self.sent_bytes = outcome.counted.get("sent_bytes", 0)
        self.received_bytes = outcome.counted.get("received_bytes", 0)
        self.dry_run = dry_run
        self.created = len(outcome.sent) + len(outcome.brought) - outcome.files
        self.sent_names, self.brought_names = tuple(outcome.sent), tuple(outcome.brought)
        self.deleted_names = tuple(outcome.deleted)
        self.conflicts, self.failed, self.left_alone = outcome.conflicts, outcome.failed, outcome.left_alone
        self.put_back = tuple(outcome.put_back)

    def __repr__(self) -> str:
        return f"<SyncResult: {summary(vars(self), dry_run=self.dry_run)}>"

    @property
    def names(self) -> tuple[str, ...]:
        """Return all that came or went."""
        return self.sent_names + self.brought_names

    def text(self) -> str:
        """Return it as lines; a dry run names each path."""
        names = [*self.names, *(f"delete {name}" for name in self.deleted_names)] if self.dry_run else []
        return "\n".join([*names, summary(vars(self), dry_run=self.dry_run)])

    def told(self) -> Iterator[str]:
        """Yield a line for each path to which nothing was done, and for what was put back."""
        for found in (self.conflicts, self.failed, self.left_alone):
            for path, why in list(found.items())[:SHOWN]:
                yield f"{path}: {why}"
            if len(found) > SHOWN:
                yield f"... and {len(found) - SHOWN} more"
        for name in self.put_back:
            yield f"kept: {name} (changed during an earlier sync)"

    @property
    def trouble(self) -> HostError | None:
        """Return what was not done though it should have been: changed on both sides, or not writable."""
        if both := [path for path, why in self.conflicts.items() if why == BOTH]:
            names = ", ".join(both[:3]) + (", ..." if len(both) > 3 else "")
            return HostError(
                f"{len(both)} {BOTH}, both versions are kept: {names}",
                hint="gpuinfra sync up --keep here PATH   # or: --keep host",
            )
        if self.failed:
            return HostError(f"{len(self.failed)} could not be written: {next(iter(self.failed))}")
        return None

    def check(self) -> None:
        """Raise the trouble, if there is one."""
        if trouble := self.trouble:
            raise trouble
