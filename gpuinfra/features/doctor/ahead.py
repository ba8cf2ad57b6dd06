"""What is certain and cheap to know of an account, asked beside what comes before a host is made."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gpuinfra.features.doctor import account, given, image, place, reserved
from gpuinfra.features.doctor.finding import BAD, Finding
from gpuinfra.features.doctor.situation import AccountSituation
from gpuinfra.ground import threads
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.world import World

# Once all else is ready; what AWS has not told by then is no reason to refuse.
PATIENCE_S = 3.0
# In this order: EC2 hides no image from a type that it does not have.
CERTAIN: tuple[Callable[[AccountSituation], Finding], ...] = (
    account.state,
    account.plan,
    place.type_offered,
    image.there,
    reserved.reservation,
    given.profile,
)


class AccountCheck:
    """Whether the account can have such a host at all, on its way from now on; not for one that is there.

    What is not known refuses nothing: AWS will.
    """

    def __init__(
        self, world: World, settings: Settings, record: Record, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._world, self._found, self._patience_s = world, list[Finding](), patience_s
        self._thread: threading.Thread | None = None
        if record.ids_of("aws_instance"):
            return
        try:
            reader = world.account_reader(settings.region, settings)
        except GpuInfraError:  # who cannot ask this cannot ask for a host: that is told there
            return
        it = AccountSituation(settings=settings, account=reader)
        # A daemon: one that hangs does not hold up the end of the command.
        self._thread = threading.Thread(target=self._ask, args=(it,), daemon=True)
        self._thread.start()

    def refuse(self) -> None:
        """Refuse a host that cannot be had for certain.

        Raises:
            CloudError: why, and what mends it.
        """
        if bad := self._bad():
            raise CloudError(f"this host cannot be had: {bad.text}", hint=bad.hint)

    def tell(self) -> None:
        """Say what is in its way for certain."""
        if bad := self._bad():
            self._world.reporter.say(f"! this host cannot be had: {bad.text}; next: {bad.hint}")

    def _ask(self, it: AccountSituation) -> None:
        asked = [threads.begin(partial(check, it)) for check in CERTAIN]
        for future in asked:
            with suppress(GpuInfraError):
                self._found.append(future.result())

    def _bad(self) -> Finding | None:
        if self._thread:
            self._thread.join(self._patience_s)
        return next((finding for finding in self._found if finding.state == BAD), None)
