"""The host asked for in one place after the other, each by an apply of Terraform; where it is, is recorded.

The record is right before each apply begins: whatever is killed, the next plan is about the place in which a
host can be.
"""

import dataclasses
import random
from collections.abc import Callable, Sequence
from functools import partial

from gpuinfra.features.capacity import told
from gpuinfra.features.capacity.cells import cells
from gpuinfra.features.capacity.verdict import Verdict, left, verdict
from gpuinfra.features.capacity.walk import NothingLeftError, Places, Told, walk
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.provision import meanwhile
from gpuinfra.features.provision.between_rounds import rest
from gpuinfra.features.provision.place import HOST_TYPE, put
from gpuinfra.features.provision.preflight import refuse_orphans
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import World

# One lost connection is not the end of a try, and a lack of capacity is not asked for five times.
ELSEWHERE_RETRIES = 3
# In EC2's reason for the end of a host that it had said yes to, before the code.
LATE = ": Server."


class Search:
    """The places of one `up`; wait_s: for how long they are asked again and again, 0: once each."""

    def __init__(self, world: World, settings: Settings, record: Record, *, wait_s: float = 0.0) -> None:
        every = cells(settings)
        first = settings.pool or every[0]  # where a host lives, its own place comes first
        self.places = (first, *(it for it in every if it != first))
        self.settings = settings  # of the place that is asked just now
        self._has_several = len(self.places) > 1
        self._world, self._asked_for, self._wait_s = world, settings, wait_s
        self._known = self._before = record.ids_of(HOST_TYPE)
        self._is_unsure, self._was_there = False, bool(record.resources)

    def forget_host(self) -> None:
        """Ask as if no host lived: the record has forgotten it, and each apply makes one beside it."""
        self._known = self._before = set()

    @property
    def is_single(self) -> bool:
        """Tell whether there is one place alone, asked once."""
        return len(self.places) == 1 and not self._wait_s

    @property
    def values(self) -> dict[str, object]:
        """Return what Terraform is told: where it can ask elsewhere it asks less often in one place."""
        return {"max_retries": ELSEWHERE_RETRIES} if len(self.places) > 1 else {}

    @property
    def types(self) -> list[str]:
        """Return the types whose prices are shown."""
        return list(dict.fromkeys(pool.instance_type for pool in self.places))

    def order(self, prices: Prices) -> list[str]:
        """Return the places as the user is shown them before the first is asked."""
        low = told.too_low(self.places, prices, self.settings.max_price)
        if self.is_single:
            return low
        stack = self._world.files.name
        return [*told.order(self.places, prices, wait_s=self._wait_s, stack=stack), *low]

    def title(self) -> str:
        """Return what Terraform is doing just now."""
        return "Applying" if len(self.places) == 1 else f"Applying: {_place(self.settings)}"

    def replaced(self, forced: Sequence[str]) -> list[str]:
        """Return what a further apply replaces: a host that lives, too, by name.

        Its plan may have forgotten why: what triggers that is changed in the first try, and the host is not.
        """
        is_there = bool(self._world.state.read().ids_of(HOST_TYPE))
        return list(dict.fromkeys([*forced, *([INSTANCE] if is_there else [])]))

    def planned(self, plan: Callable[[Settings], Outcome]) -> Outcome:
        """Plan for the first place whose zone has the type at all; those before it are told, and fall away.

        Raises:
            GpuInfraError: what no other place would mend; the last of them has it not; or a host lives.
        """
        try:
            return plan(self.settings)
        except GpuInfraError as error:
            refused, why = self.places[0], verdict(error)
            others = left(self.places, refused, why)
            if why is not Verdict.NOT_OFFERED or self._known or not others:
                raise
        self._world.reporter.say(told.fallen_away(refused, why, others[0]))
        self.places = tuple(others)
        self._go_to(others[0])
        return self.planned(plan)

    def run(self, ask: Callable[[Settings], Outcome]) -> Outcome:
        """Ask place by place; return what the apply did that made the host.

        Raises:
            CloudError: none has one; what AWS said of each.
            GpuInfraError: what no other place would mend.
        """
        if self.is_single:
            return ask(self.settings)
        world = self._world
        may_pin = not self.settings.subnet_id and self.settings.access != "ssm"
        try:
            outcome = walk(
                Places(left=list(self.places), may_pin=may_pin),
                lambda pool: self._ask(pool, ask),
                wait_s=self._wait_s,
                clock=world.clock.suspended_too,
                told=Told(
                    refused=lambda one, left: world.reporter.say(told.refused(one, left)),
                    rest=partial(rest, world),
                ),
                jitter=lambda: random.uniform(0.8, 1.2),  # noqa: S311  # no secret
            )
        except NothingLeftError as none:
            self.put_back()
            error = told.nothing_left(none.tries, stack=world.files.name, waited=bool(self._wait_s))
            if self._before:
                old = ", ".join(sorted(self._before))
                error.retell(f"{error.message}\nThe host {old} is as it was", hint=error.hint)
            raise error from None
        except (GpuInfraError, KeyboardInterrupt):
            self.put_back()
            raise
        if self._has_several:
            world.pool_record.write(_place(self.settings))
        return outcome

    def _ask(self, pool: Pool, ask: Callable[[Settings], Outcome]) -> Outcome:
        self._refuse_second()
        self._go_to(pool)
        try:
            return ask(self.settings)
        except CloudError as error:
            self._is_unsure |= verdict(error) in (Verdict.NO_ANSWER, Verdict.NOT_NOW)
            if self._before and LATE in error.message:
                raise self._half_replaced(error) from None
            raise
        finally:
            now = self._world.state.read()
            self._known, self._was_there = now.ids_of(HOST_TYPE), bool(now.resources)

    def _go_to(self, pool: Pool) -> None:
        """Let Terraform plan in a place."""
        before, self.settings = self.settings, settings_in(self._asked_for, pool)
        if self._has_several:
            put(self._world.pool_record, None if pool == cells(self._asked_for)[0] else pool)
        if before.instance_type != pool.instance_type:
            self._world.user_data.write(self.settings)

    def _refuse_second(self) -> None:
        """Refuse to ask beside a host that somebody else has made meanwhile, or that an answer was lost of.

        Raises:
            HostError, ConfigError: there is one, or see meanwhile.refuse.
        """
        world, record = self._world, self._world.state.read()
        meanwhile.refuse(world, self._asked_for, record, known=self._known, was_there=self._was_there)
        if self._is_unsure:
            refuse_orphans(world, self.settings, record)
            self._is_unsure = False

    def _half_replaced(self, error: CloudError) -> CloudError:
        """Return the error for a new host that EC2 took back: in a further try the old one would go first."""
        old = ", ".join(sorted(self._before))
        return CloudError(
            f"{error.message}. That was while the new host was starting: the old one, {old}, still runs, and"
            " Terraform removes it with its next apply, whether there is a new one by then or not",
            hint=f"{command('plan', self._world.files.name)}   # shows that; save first what you need of it",
        )

    def put_back(self) -> None:
        """Record again where the host is that was to be replaced; a new one that is half made stays."""
        now = self._world.state.read().ids_of(HOST_TYPE)
        if self._has_several and now == self._before:
            put(self._world.pool_record, self._asked_for.pool)


def settings_in(settings: Settings, pool: Pool) -> Settings:
    """Return the settings as they are for a host in one place."""
    return dataclasses.replace(settings, instance_type=pool.instance_type, pool=pool)


def _place(settings: Settings) -> Pool:
    return settings.pool or cells(settings)[0]
