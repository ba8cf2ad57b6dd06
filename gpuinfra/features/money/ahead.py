"""Prices that are asked for while Terraform is at work: nobody waits for them but for a moment at the end."""

import threading
from collections.abc import Sequence

from gpuinfra.features.money import prices, questions
from gpuinfra.features.money.price_asker import on_demand_name, spot_name
from gpuinfra.features.money.prices import Prices
from gpuinfra.ground.model import Settings
from gpuinfra.ground.world import World

# Once Terraform has ended; it takes longer than all prices do.
PATIENCE_S = 3.0


class PricesAhead:
    """The prices of a host that terraform.tfvars describes, on their way from now on.

    types: all that may be taken; none: the one of the settings.
    """

    def __init__(self, world: World, settings: Settings, types: Sequence[str] = ()) -> None:
        names = [
            make(name) for name in types or [settings.instance_type] for make in (on_demand_name, spot_name)
        ]
        wanted = [*names, questions.DISK_GB, questions.ADDRESS]
        if settings.access == "ssm":
            wanted.append(questions.NAT)
        self._prices = prices.of(world, settings.region)
        # A daemon: one that hangs does not hold up the end of the command.
        self._thread = threading.Thread(target=self._prices.fetch, args=(wanted,), daemon=True)
        self._thread.start()

    def get(self) -> Prices:
        """Return them; what AWS has not told within 3 seconds more is unknown."""
        self._thread.join(PATIENCE_S)
        return self._prices.close()
