"""The log of every call that reached the simulator, with its decoded parameters."""

import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

UNANSWERED = 0


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call.

    time: seconds since 1970, on arrival.
    status: HTTP status of the answer; 0 while it is in flight, and for ever when the connection was dropped.
    params: the request, flattened with the names of the wire: `BlockDeviceMapping.1.Ebs.Encrypted` is `true`.
    access_key, account: whose key signed the call; a role's key belongs to the account of the role.
    fault: the error code that was injected, or `drop`, or `delay`; empty when nothing was. It is there once
        the fault has hold of the call: with `after`, when that has been carried out.
    """

    time: float
    service: str
    region: str
    action: str
    params: Mapping[str, str]
    status: int = UNANSWERED
    fault: str = ""
    access_key: str = ""
    account: str = ""

    @property
    def is_dry_run(self) -> bool:
        """Tell whether EC2 was only asked whether it would do it."""
        return self.params.get("DryRun") == "true"

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Build from decoded JSON."""
        return cls(**raw)

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads."""
        return dataclasses.asdict(self)


class CallLog:
    """All calls in order of arrival; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[int, Call] = {}
        self._next = 0

    def begin(self, call: Call) -> int:
        """Log a call on arrival; returns its number, for finish()."""
        with self._lock:
            self._next += 1
            self._calls[self._next] = call
            return self._next

    def finish(self, number: int, *, status: int, fault: str = "") -> None:
        """Add the answer; a call from before clear() is ignored."""
        with self._lock:
            if number in self._calls:
                self._calls[number] = dataclasses.replace(self._calls[number], status=status, fault=fault)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def all(self, action: str | None = None) -> list[Call]:
        """Return all calls, or those of one action."""
        with self._lock:
            return [call for call in self._calls.values() if action in (None, call.action)]
