"""Copies of a stopped host's disk that `start` keeps where no zone has room: told, since they cost money."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpuinfra.features.money import prices
from gpuinfra.features.money.rates import HOURS_A_MONTH
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

OFF = ("stopping", "stopped")


@dataclass(frozen=True, kw_only=True)
class KeptCopy:
    """One copy; usd_month: at most, as AWS bills the blocks that are in use; None: the price is not known."""

    image_id: str
    size_gb: int
    usd_month: float | None

    def line(self, stack: str) -> str:
        """Return it in one line, with the commands that end its cost."""
        cost = "cost unknown" if self.usd_month is None else f"{self.usd_month:.2f} USD a month at most"
        ways = f"{command('start', stack)} uses it, {command('down', stack)} deletes it"
        return f"{self.image_id} of its disk ({self.size_gb} GB, {cost}) is kept for the next start: {ways}"


def asked(
    world: World, record: Record, host: Host, now: Instance | None, *, asks: bool = True
) -> tuple[KeptCopy, ...]:
    """Return those of a stopped host; none where AWS does not tell. asks: for a price that is not kept."""
    if now is None or now.state not in OFF or record.tags is None:
        return ()
    try:
        found = world.disk_copies(host.region, record.tags)
    except CloudError:
        return ()
    book = prices.of(world, host.region, asks=asks)
    return tuple(
        KeptCopy(image_id=it.image_id, size_gb=it.size_gb, usd_month=_month(book.snapshot(it.size_gb).usd_h))
        for it in found
    )


def asked_beside(
    world: World, record: Record, host: Host, now: Instance | None
) -> Callable[[], Sequence[KeptCopy]]:
    """Ask for them beside others, with the prices that are kept; return what waits for the answer."""
    if now is None or now.state not in OFF:
        return lambda: ()
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    answer = pool.submit(asked, world, record, host, now, asks=False)
    pool.shutdown(wait=False)
    return answer.result


def _month(usd_h: float | None) -> float | None:
    return None if usd_h is None else usd_h * HOURS_A_MONTH
