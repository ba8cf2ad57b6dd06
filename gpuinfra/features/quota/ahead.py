"""The quotas asked for before a host is made, beside what else is done: nobody waits but for a moment."""

import threading
from collections.abc import Sequence

from gpuinfra.features.quota.sums import QuotaSum, check
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import SPOT, Pool, pools_of
from gpuinfra.ground.quota import QuotaSource
from gpuinfra.ground.world import World

# Once all else is ready; what AWS has not told by then is no reason to refuse.
PATIENCE_S = 3.0


def needed_for(settings: Settings) -> tuple[Pool, ...]:
    """Return the places that terraform.tfvars names, whatever the zone: quotas do not know zones."""
    return pools_of(settings.market, settings.types)


class QuotaCheck:
    """Whether the account may have one more host, on its way from now on; a host that is there is not asked.

    What is not known refuses nothing: AWS will.
    """

    def __init__(
        self, world: World, settings: Settings, record: Record, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._world, self._sums, self._patience_s = world, list[QuotaSum](), patience_s
        self._thread: threading.Thread | None = None
        if record.ids_of("aws_instance"):
            return
        try:
            source = world.quota_source(settings.region, settings)
        except GpuInfraError:  # who cannot ask this cannot ask for a host: that is told there
            return
        # A daemon: one that hangs does not hold up the end of the command.
        self._thread = threading.Thread(target=self._ask, args=(source, needed_for(settings)), daemon=True)
        self._thread.start()

    def refuse(self) -> None:
        """Refuse a host that AWS would refuse in every place for certain; say which places fall away.

        Raises:
            CloudError: the quotas are too small.
        """
        lacking = self._lacking()
        if lacking and len(lacking) == len(self._sums):
            texts = "; ".join(dict.fromkeys(it.text for it in lacking))
            raise CloudError(f"the account cannot have this host: {texts}", hint=self._hint(lacking[0]))
        self._tell(lacking)

    def tell(self) -> None:
        """Say what AWS would refuse for certain, and how to ask for more."""
        self._tell(self._lacking())

    def _ask(self, source: QuotaSource, pools: Sequence[Pool]) -> None:
        self._sums = check(source, pools)

    def _lacking(self) -> list[QuotaSum]:
        if self._thread:
            self._thread.join(self._patience_s)
        return [it for it in self._sums if it.is_lacking]

    def _tell(self, lacking: Sequence[QuotaSum]) -> None:
        for one in lacking:
            self._world.reporter.say(f"! AWS would refuse this: {one.text}; more: {self._hint(one)}")

    def _hint(self, one: QuotaSum) -> str:
        return request_command(one.instance_type, one.market, self._world.files.name)


def request_command(instance_type: str, market: str, stack: str) -> str:
    """Return the command that asks AWS for what one host of this type lacks."""
    spot = " --spot" if market == SPOT else ""
    return command(f"quota request --type {instance_type}{spot}", stack)
