"""A start that AWS makes later by itself, once it has capacity: who begins, tells and ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class LaterStart:
    """A start that waits for capacity; until: in seconds since 1970. tags: of the stack.

    boundary_arn: what the account demands of every role, empty where it demands nothing.
    launched: its last start before it was asked for, ISO 8601 in UTC: once it has another one, it has run.
    """

    stack: str
    instance_id: str
    launched: str
    until: float
    tags: Mapping[str, str]
    boundary_arn: str = ""


class LaterStarts(Protocol):
    """AWS's starts of stopped hosts in one region; each raises CloudError."""

    def begin(self, start: LaterStart) -> None:
        """Let AWS try until that time; one that waits already is replaced."""

    def until(self, stack: str, instance_id: str) -> float | None:
        """Return how long a host waits for capacity, None where it does not."""

    def end(self, stack: str, instance_id: str) -> bool:
        """Let nothing start the host any more; tell whether something would have."""


class NoLaterStarts:
    """Stands for AWS where nobody can be asked: nothing waits."""

    def begin(self, start: LaterStart) -> None:
        """Begin nothing."""

    def until(self, stack: str, instance_id: str) -> float | None:
        """Return None."""
        return None

    def end(self, stack: str, instance_id: str) -> bool:
        """End nothing."""
        return False
