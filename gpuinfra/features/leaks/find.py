"""`leaks`: search, tell, keep the result in short; and the same after some of it was deleted."""

from collections.abc import Sequence
from dataclasses import replace

from gpuinfra.features.leaks import delete as deleting
from gpuinfra.features.leaks import leaks_text
from gpuinfra.features.leaks.known import known
from gpuinfra.features.leaks.leak import Leak, Leaks, known_usd_month, unknown
from gpuinfra.features.leaks.search import TagSearcher, search
from gpuinfra.features.money import last_leaks, prices
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.world import World


def find(world: World, worlds: Sequence[World], searcher: TagSearcher, *, only: Sequence[str] = ()) -> Leaks:
    """Search all regions, or `only` some, for what no stack of `worlds` records. Say what was not searched.

    Raises:
        ConfigError: a region of `only` is none that the account has.
        CloudError: AWS refuses all of them.
    """
    leaks = search(
        searcher, lambda region: prices.of(world, region), known(worlds), world.reporter, only=only
    )
    for line in leaks_text.refusals(leaks):
        world.reporter.say(line)
    if not only:
        _keep(world, leaks)
    return leaks


def _keep(world: World, leaks: Leaks) -> None:
    """Keep for `status` what is ours and nobody seems to use."""
    suspects = [it for it in leaks.suspects if it.is_mine]
    last = last_leaks.LastLeaks(
        things=len(suspects),
        usd_month=known_usd_month(suspects),
        unknown_prices=unknown(suspects),
        taken_at=leaks.taken_at,
    )
    last_leaks.keep(world.project.last_leaks, last)


def delete(world: World, leaks: Leaks, *, home: str) -> tuple[Leak, ...]:
    """Ask for each thing, delete what got a yes, return it; home: a region, for what has none.

    Raises:
        CloudError: AWS refuses something.
        HostError: something is held.
    """
    deleted = deleting.delete(world, leaks, home=home)
    if deleted:
        rest = tuple(it for it in leaks.found if it not in deleted)
        _keep(world, replace(leaks, found=rest))
        world.reporter.say(f"deleted: {leaks_text.cost(deleted)} less")
    return deleted


def advice(world: World, leaks: Leaks) -> None:
    """Say what can be done, where something can."""
    if any(it.may_be_deleted for it in leaks.found):
        world.reporter.say(f"next: {command('leaks --delete', DEFAULT_STACK)}   # asks for each by itself")
