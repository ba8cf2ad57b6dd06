"""What is certain and cheap to know of an account, asked beside what comes before a host is made."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gpuinfra.features.doctor import account, given, image, place, reserved, rights
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
    image.kernel_modules,
    reserved.reservation,
    given.profile,
)
# Only told. A dry run can name what is there already: where a rule asks for the host's own group, key or
# profile, EC2 denies it and would allow the launch.
RIGHTS: tuple[Callable[[AccountSituation], Finding], ...] = (rights.hosts, rights.role)
ALL_THE_SAME = "`up` goes on all the same: a trial lacks what is made with the host"


class AccountCheck:
    """Whether the account can have such a host at all, on its way from now on; not for one that is there.

    What is not known refuses nothing: AWS will.
    """

    def __init__(
        self, world: World, settings: Settings, record: Record, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._world, self._patience_s = world, patience_s
        self._certain, self._of_rights = list[Finding](), list[Finding]()
        self._thread: threading.Thread | None = None
        if record.ids_of("aws_instance"):
            return
        try:
            reader = world.account_reader(settings.region, settings)
        except GpuInfraError:  # who cannot ask this cannot ask for a host: that is told there
            return
        it = AccountSituation(settings=settings, account=reader, others=world.values.launch_values())
        # A daemon: one that hangs does not hold up the end of the command.
        self._thread = threading.Thread(target=self._ask, args=(it,), daemon=True)
        self._thread.start()

    def refuse(self) -> None:
        """Refuse a host that cannot be had for certain; say which rights seem to be missing.

        Raises:
            CloudError: why, and what mends it.
        """
        if bad := self._bad():
            raise CloudError(f"this host cannot be had: {bad.text}", hint=bad.hint)
        self._tell_rights()

    def tell(self) -> None:
        """Say what is in its way for certain, else which rights seem to be missing."""
        if bad := self._bad():
            self._world.reporter.say(f"! this host cannot be had: {bad.text}; next: {bad.hint}")
        else:
            self._tell_rights()

    def _tell_rights(self) -> None:
        for finding in self._of_rights:
            if finding.state == BAD:
                self._world.reporter.say(f"! {finding.text}; {ALL_THE_SAME}; next: {finding.hint}")

    def _ask(self, it: AccountSituation) -> None:
        asked = [
            (found, threads.begin(partial(check, it)))
            for found, checks in ((self._certain, CERTAIN), (self._of_rights, RIGHTS))
            for check in checks
        ]
        for found, future in asked:
            with suppress(GpuInfraError):
                found.append(future.result())

    def _bad(self) -> Finding | None:
        if self._thread:
            self._thread.join(self._patience_s)
        return next((finding for finding in self._certain if finding.state == BAD), None)
