"""What a host costs, for those who look at its use; asked for once, then counted on."""

import time

from gpuinfra.features.money import cost
from gpuinfra.features.money.cost import HostCost
from gpuinfra.features.money.rates import HOUR_S
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.world import World


class MoneySoFar:
    """The cost of one host while it is looked at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: HostCost | None = None
        self._why_not = ""

    def text(self) -> str:
        """Return what it has cost and costs, in a line; what is not known, with the reason."""
        found = self._ask()
        if not found:
            return f"cost unknown: {self._why_not}"
        rate = found.rate_usd_h
        if found.usd is None or rate is None:
            return f"cost {cost.brief(found)}"
        so_far = found.usd + max(0.0, time.time() - found.now) / HOUR_S * rate
        return f"{so_far:.2f} USD so far, {rate:.3f} USD an hour"

    def usd_h(self) -> float | None:
        """Return its price while it runs; None: unknown."""
        found = self._ask()
        return found.rate_usd_h if found else None

    def _ask(self) -> HostCost | None:
        if not self._known and not self._why_not:
            try:
                self._known = cost.cost(self._world)
            except GpuInfraError as error:
                self._why_not = error.message
        return self._known
