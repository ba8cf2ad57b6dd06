"""What was found, as a table for people. Pure."""

from collections.abc import Sequence
from datetime import datetime

from gpuinfra.features.leaks.leak import ELSEWHERE, LEFT, LOST, Leak, Leaks, known_usd_month, unknown
from gpuinfra.ground import when
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.text import count, table

HEAD = ("USD a month", "what", "id", "region", "stack", "owner", "since")
TITLES = {
    LOST: "Tagged as a stack of this project, and recorded by none of them:",
    LEFT: "Of stacks that are not set up in this project and have no host any more:",
    ELSEWHERE: "Of stacks that are not set up in this project and have a host: yours in another folder, a"
    " colleague's, or forgotten:",
}


def text(leaks: Leaks, now: datetime) -> str:
    """Return all that was found, by how it came to be; what costs nothing in one row a stack."""
    parts = []
    for case, title in TITLES.items():
        if found := [it for it in leaks.found if it.case == case]:
            parts.append(f"{title}\n{table([HEAD, *_rows(found, now)])}")
    where = ", ".join(leaks.regions) if len(leaks.regions) < 4 else f"{len(leaks.regions)} regions"
    if not leaks.suspects:
        parts.append(f"no leaks: in {where} nothing carries a stack's tag that no stack records or uses")
    else:
        parts.append(f"{cost(leaks.suspects)} (leaks, in {where})")
    return "\n\n".join(parts)


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


def line(things: int, usd_month: float, unknown_prices: int, taken_at: str) -> str:
    """Return what `status` shows of the last search."""
    least = "at least " if unknown_prices else ""
    return (
        f"{count(things, 'thing')} that no stack records, {least}{usd_month:.2f} USD a month"
        f" (seen {taken_at[:10]}): {command('leaks', DEFAULT_STACK)}"
    )


def _rows(found: Sequence[Leak], now: datetime) -> list[tuple[str, ...]]:
    costly = [it for it in found if it.usd_month != 0]
    free: dict[tuple[str, str, str], list[Leak]] = {}
    for it in found:
        if it.usd_month == 0:
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
    kinds = ", ".join(dict.fromkeys(it.what for it in leaks if it.thing.kind != "aws_instance"))
    hosts = [it for it in leaks if it.thing.kind == "aws_instance"]
    stopped = f"{', '.join(f'{it.what} {it.thing.resource_id}' for it in hosts)}, " if hosts else ""
    return (price, f"{len(leaks)} that cost nothing: {stopped}{kinds}", "-", *whose, "-")
