"""What the checks look at: the values asked for, this machine, and AWS, asked for each thing once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from gpuinfra.ground.account_facts import (
    AccountPlan,
    AccountReader,
    Caller,
    FoundImage,
    HostRequest,
    LaunchValues,
    SubnetPlace,
    TypeOffer,
)
from gpuinfra.ground.errors import ConfigError, GpuInfraError
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.quota import QuotaSource
from gpuinfra.ground.reservation import Reservation

T = TypeVar("T")


class LocalMachine(Protocol):
    """The machine that this runs on."""

    platform: str  # as sys.platform

    def program(self, name: str) -> str | None:
        """Return the version of terraform, ssh or rsync, `?` where it does not tell it; None: not there."""

    def address(self) -> str:
        """Return the public address as a /32 or /128; raises CloudError, ConfigError."""

    def free_mb(self) -> int:
        """Return the free space where the state is written, in MB."""

    def key_trouble(self) -> ConfigError | None:
        """Return why ssh could not use the key that terraform.tfvars names."""


@dataclass(frozen=True, kw_only=True)
class AccountSituation:
    """What is asked for, and AWS, which is asked for each thing once, whichever check is first."""

    settings: Settings
    account: AccountReader
    others: LaunchValues = field(default_factory=LaunchValues)
    record: Record = field(default_factory=Record)
    _told: dict[str, tuple[Any, GpuInfraError | None]] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)
    _locks: dict[str, Any] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types asked for, in order."""
        return self.settings.types

    @property
    def region(self) -> str:
        """Return where."""
        return self.settings.region

    def caller(self) -> Caller:
        """Return who asks."""
        return self._once("caller", self.account.caller)

    def offer(self, name: str) -> TypeOffer | None:
        """Return a type as the region sells it."""
        return self._once(f"offer {name}", lambda: self.account.offer(name))

    def first_offer(self) -> TypeOffer | None:
        """Return the first type that the region sells."""
        offers = [offer for name in self.types if (offer := self.offer(name))]
        return next((offer for offer in offers if offer.zones), None)

    def image(self) -> FoundImage | None:
        """Return the image of a new host, of the architecture that the Terraform module takes."""
        offer = self.first_offer()
        arm = offer is not None and "arm64" in offer.architectures
        return self._once("image", lambda: self.account.image(self.settings, "arm64" if arm else "x86_64"))

    def plan(self) -> AccountPlan:
        """Return the account's plan."""
        return self._once("plan", self.account.plan)

    def state(self) -> str:
        """Return the account's state."""
        return self._once("state", self.account.state)

    def network(self) -> Sequence[SubnetPlace] | None:
        """Return where a host may be put."""
        return self._once("network", lambda: self.account.network(self.settings.subnet_id or ""))

    def given(self, kind: str, name: str) -> str | None:
        """Return how a thing of the account's own is."""
        return self._once(f"{kind} {name}", lambda: self.account.given(kind, name))

    def reservation(self) -> Reservation | None:
        """Return the capacity reservation that is asked for."""
        name = self.settings.capacity_reservation_id
        return self._once("reservation", lambda: self.account.reservation(name))

    def launch(self, request: HostRequest) -> GpuInfraError | None:
        """Return why EC2 would refuse this request."""
        return self._once("launch", lambda: self.account.launch(request))

    def _once(self, what: str, ask: Callable[[], T]) -> T:
        """Ask at the first call; several checks, each in a thread, read the same answers."""
        with self._lock:
            lock = self._locks.setdefault(what, threading.Lock())
        with lock:
            if what not in self._told:
                try:
                    self._told[what] = ask(), None
                except GpuInfraError as error:
                    self._told[what] = None, error
        value, refusal = self._told[what]
        if refusal:
            raise refusal
        return cast("T", value)


@dataclass(frozen=True, kw_only=True)
class Situation(AccountSituation):
    """All that doctor looks at.

    file: terraform.tfvars, where there is one; trouble: why it cannot be used. python: this one's version.
    is_other_region: the user has named one in place of that of the file, and has to name it again.
    """

    quotas: QuotaSource
    machine: LocalMachine
    file: Path | None = None
    trouble: ConfigError | None = None
    python: str = ""
    is_other_region: bool = False
