"""What is asked of AWS before a host is made, beside what else is done: the account, its quotas."""

from gpuinfra.features.doctor.ahead import AccountCheck
from gpuinfra.features.quota.ahead import QuotaCheck
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.world import World


class Beforehand:
    """Both checks, on their way from now on; of a host that is there nothing is asked."""

    def __init__(self, world: World, settings: Settings, record: Record) -> None:
        self._account = AccountCheck(world, settings, record)
        self._quota = QuotaCheck(world, settings, record)

    def refuse(self) -> None:
        """Refuse a host that AWS would refuse for certain.

        Raises:
            CloudError: why, and what mends it.
        """
        self._account.refuse()
        self._quota.refuse()

    def tell(self) -> None:
        """Say what AWS would refuse for certain."""
        self._account.tell()
        self._quota.tell()
