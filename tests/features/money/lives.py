"""What is seen of a host's life, for tests, and how its times read."""

from typing import Any

from gpuinfra.features.money.ledger import Sighting
from gpuinfra.features.money.rates import Span

ID = "i-1"
HOUR = 3600.0


def seen(at: float, state: str = "running", *, launched: float = 1000.0, **more: Any) -> Sighting:
    """Return a sighting."""
    told = {"instance_id": ID, "instance_type": "g5.xlarge", "market": "on-demand", **more}
    return Sighting(at=at, state=state, launched=launched, **told)


def times(found: list[Span]) -> list[tuple[str, float, float | None]]:
    """Return the times without what does not differ; what nobody saw is marked."""
    return [(s.state + ("?" if s.unseen else ""), s.began, s.ended) for s in found]


def merged(found: list[Span]) -> list[tuple[str, float, float]]:
    """Return the times, neighbours of the same state as one; what lasts ends in far future."""
    joined: list[tuple[str, float, float]] = []
    for state, began, ended in times(found):
        last = 1e12 if ended is None else ended
        if joined and joined[-1][0] == state:
            joined[-1] = (state, joined[-1][1], last)
        else:
            joined.append((state, began, last))
    return joined
