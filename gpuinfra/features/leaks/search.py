"""`leaks`: all regions are looked through at once, by threads; what is found is priced and told apart."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import Protocol

from gpuinfra.features.leaks.known import Known
from gpuinfra.features.leaks.leak import Leaks, told_apart
from gpuinfra.features.leaks.pricing import UnitPrices, asked_for, price
from gpuinfra.features.money.rates import FREE, Price
from gpuinfra.ground.errors import ConfigError, GpuInfraError
from gpuinfra.ground.model import Row
from gpuinfra.ground.protocols import LiveView, Reporter
from gpuinfra.ground.tagged import GLOBAL, Found, TaggedResource
from gpuinfra.ground.text import count

THREADS, TOLD_EVERY = 16, 5
ACCOUNT = "the account"  # what has no region, in words


class TagSearcher(Protocol):
    """AWS, as this feature asks it; each raises CloudError."""

    def regions(self) -> list[str]:
        """Return the regions that the account has switched on."""

    def in_region(self, region: str) -> Found:
        """Return what carries a stack's tag in one region."""

    def in_account(self) -> Found:
        """Return what carries a stack's tag and has no region."""


def search(
    searcher: TagSearcher,
    prices: Callable[[str], UnitPrices],
    known: Known,
    reporter: Reporter,
    *,
    only: Sequence[str] = (),
) -> Leaks:
    """Look through the regions, or `only` some; `prices` are of a region.

    Raises:
        ConfigError: a region of `only` is none that the account has.
        CloudError: AWS refuses all of them.
    """
    regions = _chosen(searcher.regions(), only)
    title = f"Looking through {count(len(regions), 'region')} for what carries a stack's tag"
    with reporter.live(title) as view:
        found, refused = _everywhere(searcher, regions, view, has_global=not only)
        view.rows((Row(mark="now", text="asking for prices"),) if found else ())
        priced = _priced(found, prices)
        view.rows(())
    return Leaks(
        found=told_apart(found, priced, known, is_whole=not only and not refused),
        regions=tuple(regions),
        refused=refused,
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _chosen(there: Sequence[str], only: Sequence[str]) -> list[str]:
    for name in only:
        if name not in there:
            raise ConfigError(
                f"the region is {name!r}; the account has {', '.join(there)}", hint="gpuinfra leaks"
            )
    return sorted(set(only)) or list(there)


def _everywhere(
    searcher: TagSearcher, regions: Sequence[str], view: LiveView, *, has_global: bool
) -> tuple[list[TaggedResource], dict[str, str]]:
    """Return what was found, and what AWS did not let us ask, by region. A region that refuses is no end."""
    found: list[TaggedResource] = []
    refused: dict[str, str] = {}
    errors: list[GpuInfraError] = []
    pool = ThreadPoolExecutor(THREADS)
    try:
        asked: dict[Future[Found], str] = {pool.submit(searcher.in_region, name): name for name in regions}
        if has_global:
            asked[pool.submit(searcher.in_account)] = ACCOUNT
        for done, future in enumerate(as_completed(asked), start=1):
            if done % TOLD_EVERY == 0:  # a line each where there is no terminal
                view.rows((Row(mark="now", text=f"{done} of {len(asked)} done"),))
            try:
                result = future.result()
            except GpuInfraError as error:
                errors.append(error)
                refused[asked[future]] = error.message
                continue
            found += result.things
            if result.unasked:
                refused[asked[future]] = f"not allowed: {', '.join(result.unasked)}"
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for the regions that are left
    if len(errors) == len(asked):
        raise errors[0]
    return found, refused


def _priced(
    things: Sequence[TaggedResource], prices: Callable[[str], UnitPrices]
) -> Mapping[TaggedResource, Price]:
    """Ask for the prices of each region once; what has no region costs nothing."""
    of = {name: prices(name) for name in {it.region for it in things} - {GLOBAL}}
    for name, unit in of.items():
        unit.fetch(asked_for([it for it in things if it.region == name]))
    return {it: FREE if it.region == GLOBAL else price(it, of[it.region]) for it in things}
