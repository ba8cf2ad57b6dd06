"""The lease for `status`: AWS is asked beside all else, so that it takes no longer."""

from collections.abc import Callable

from gpuinfra.features.money import lease
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.world import World


def asked_beside(
    world: World, record: Record, host: Host, instance: Instance | None
) -> Callable[[], LeaseSummary | None]:
    """Ask for the lease; return what waits for the answer. Without a lease nobody is asked."""
    if instance is None or lease.applied(record) is None:
        return lambda: None
    from concurrent.futures import ThreadPoolExecutor

    from gpuinfra.features.money import lease_end

    pool = ThreadPoolExecutor(1)
    asked = pool.submit(lease_end.summary, world, record, host, instance, asks=False)
    pool.shutdown(wait=False)
    return asked.result
