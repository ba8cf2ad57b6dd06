"""When a call fails, and how: pure rules, no network, no moto."""

import dataclasses
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

DEFAULT_MESSAGE = "Injected by the simulator."
NO_RIGHT = "UnauthorizedOperation"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way in which calls go wrong.

    A dry run is not counted, and only a missing right strikes it: EC2 looks at nothing else.

    match: an action, with wildcards (`RunInstances`, `Describe*`, `sts:*`).
    body: only calls whose decoded request holds this text (`InstanceType=g4dn.xlarge`).
    nth, count: from the nth matching call on, for so many calls; count None means for ever.
    status, code, message: the error that is answered; without a code the call goes through.
    delay_s: the answer waits so long (before the action, or with `after`, when it has been carried out), or
        until the faults are cleared.
    drop: the connection is reset instead of an answer.
    after: the action is carried out first, then its answer is lost.
    """

    match: str
    body: str = ""
    nth: int = 1
    count: int | None = 1
    status: int = 400
    code: str = ""
    message: str = DEFAULT_MESSAGE
    delay_s: float = 0.0
    drop: bool = False
    after: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Build from decoded JSON; an unknown key is a TypeError."""
        return cls(**raw)

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads."""
        return dataclasses.asdict(self)

    def concerns(self, service: str, action: str, text: str) -> bool:
        """Say whether a call is of the kind that this fault is about."""
        name = f"{service}:{action}" if ":" in self.match else action
        return fnmatchcase(name, self.match) and self.body in text

    def is_due(self, seen: int) -> bool:
        """Say whether the seen-th matching call (from 1) goes wrong."""
        return seen >= self.nth and (self.count is None or seen < self.nth + self.count)

    @property
    def label(self) -> str:
        """Name the fault in the call log."""
        return "drop" if self.drop else self.code or "delay"


class FaultBook:
    """The faults that are set, and how many calls each has seen; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._seen: list[int] = []
        self._cleared = threading.Event()

    def add(self, faults: Iterable[Fault]) -> None:
        """Set more faults."""
        with self._lock:
            for fault in faults:
                self._faults.append(fault)
                self._seen.append(0)

    def clear(self) -> None:
        """Remove all faults, and let go what they hold up."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def all(self) -> list[Fault]:
        """Return the faults that are set."""
        with self._lock:
            return list(self._faults)

    def hold(self, fault: Fault) -> None:
        """Wait as long as a fault delays the answer; not once the faults have been cleared."""
        with self._lock:
            cleared, is_set = self._cleared, fault in self._faults
        if is_set:
            cleared.wait(fault.delay_s)

    def hit(self, service: str, action: str, text: str, *, is_dry_run: bool = False) -> Fault | None:
        """Count one call, and return the first fault that strikes it."""
        if is_dry_run:
            return self._in_a_dry_run(service, action, text)
        with self._lock:
            struck = None
            for index, fault in enumerate(self._faults):
                if fault.concerns(service, action, text):
                    self._seen[index] += 1
                    if struck is None and fault.is_due(self._seen[index]):
                        struck = fault
            return struck

    def _in_a_dry_run(self, service: str, action: str, text: str) -> Fault | None:
        with self._lock:
            told = [
                fault
                for fault, seen in zip(self._faults, self._seen, strict=True)
                if fault.code == NO_RIGHT and fault.concerns(service, action, text) and fault.is_due(seen + 1)
            ]
        return told[0] if told else None
