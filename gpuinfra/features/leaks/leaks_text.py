"""What was found, as a table for people. Pure."""

from collections.abc import Sequence
from datetime import datetime

from gpuinfra.features.leaks.leak import ELSEWHERE, LEFT, LOST, Leak, Leaks, known_usd_month, unknown
from gpuinfra.ground import when
from gpuinfra.ground.text import count, shorten, table

HEAD = ("USD a month", "what", "id", "region", "stack", "owner", "since")
TITLES = {
    LOST: "tagged as a stack of this project, and recorded by none of them",
    LEFT: "of stacks that are not set up in this project and have no host any more",
    ELSEWHERE: "of stacks that are not set up in this project and have a host: forgotten, or yours in another"
    " folder, or a colleague's",
}


def text(leaks: Leaks, now: datetime) -> str:
    """Return all that was found, by how it came to be; what costs nothing in one row a stack."""
    parts = []
    for case, title in TITLES.items():
        if found := [it for it in leaks.found if it.case == case]:
            parts.append(f"{cost(found)}, {title}:\n{table([HEAD, *_rows(found, now)])}")
    where = ", ".join(leaks.regions) if len(leaks.regions) < 4 else f"{len(leaks.regions)} regions"
    return "\n\n".join(parts) or f"no leaks: the stacks here record all that carries a stack's tag in {where}"


def cost(leaks: Sequence[Leak]) -> str:
    """Return how many there are and what they cost a month, in words."""
    least = "at least " if unknown(leaks) else ""
    return f"{count(len(leaks), 'thing')}, {least}{known_usd_month(leaks):.2f} USD a month"


def refusals(leaks: Leaks) -> list[str]:
    """Return what could not be looked through, and why prices are unknown, a line each."""
    whys = dict.fromkeys(it.price.why for it in leaks.found if it.usd_month is None and it.price.why)
    return [
        *(f"not looked through: {where}: {why}" for where, why in sorted(leaks.refused.items())),
        *(f"unknown price: {why}" for why in whys),
    ]


def _rows(found: Sequence[Leak], now: datetime) -> list[tuple[str, ...]]:
    costly = [it for it in found if it.usd_month != 0 or it.thing.kind == "aws_instance"]
    free: dict[tuple[str, str, str], list[Leak]] = {}
    for it in found:
        if it not in costly:
            free.setdefault((it.thing.region, it.thing.tags.stack, it.thing.tags.owner), []).append(it)
    return [*(_row(it, now) for it in costly), *(_free(leaks, now) for leaks in free.values())]


def _row(leak: Leak, now: datetime) -> tuple[str, ...]:
    thing = leak.thing
    price = "unknown" if leak.usd_month is None else f"{leak.usd_month:.2f}"
    since = when.local(thing.made_at, now) or "-"
    whose = (thing.tags.stack, thing.tags.owner or "-")
    return (price.rjust(len(HEAD[0])), leak.what, thing.resource_id, thing.region or "-", *whose, since)


def _free(leaks: Sequence[Leak], now: datetime) -> tuple[str, ...]:
    """Return the things of one stack that cost nothing as one row, a single one by its name."""
    if len(leaks) == 1:
        return _row(leaks[0], now)
    price, _, _, *whose, _ = _row(leaks[0], now)
    kinds = ", ".join(dict.fromkeys(it.what for it in leaks))
    return (price, shorten(f"{len(leaks)} that cost nothing: {kinds}"), "-", *whose, "-")
