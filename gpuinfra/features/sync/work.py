"""What a side is asked to do, in the order that works, and what its manifest must say then. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from gpuinfra.features.sync.decide import Decision, Move


def order(moves: Iterable[Move]) -> dict[str, Any]:
    """Return the changes in the order that works: away from the deepest on, then folders, links, files."""
    away, folders, puts = [], [], []
    links: dict[str, str] = {}
    for path, was, new in sorted(moves, key=lambda move: move[0]):
        if was and not (new and was[0] == new[0] == "f"):
            away.append(path)
        if new and new[0] == "d":
            folders.append(path)
        elif new and new[0] == "l":
            links[path] = new[1]
        elif new:
            puts.append(path)
    return {"away": away[::-1], "folders": folders, "links": links, "puts": puts}


def work(
    target: dict[str, Any], given: Sequence[Move], agreed: list[str], decision: Decision
) -> dict[str, Any]:
    """Return a side's work: what it takes, and what it has given."""
    gone = [path for path, _, new in given if not new]
    sent = [path for path, _, new in given if new]
    return {**target, "sent": sent, "agreed": agreed, "dropped": [*decision.dropped, *gone], "hashes": {}}
