"""Stand-ins for an account and a machine, sound unless a test says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gpuinfra.ground.account_facts import (
    AccountPlan,
    Caller,
    FoundImage,
    HostRequest,
    Simulation,
    StackOfTries,
    SubnetPlace,
    TypeOffer,
)
from gpuinfra.ground.errors import ConfigError, GpuInfraError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.reservation import Reservation

T = TypeVar("T")
ZONES = ("us-east-1a", "us-east-1b")
G4DN = TypeOffer(name="g4dn.xlarge", zones=ZONES, architectures=("x86_64",), gpu_count=1, vcpus=4, free=False)
IMAGE = FoundImage(
    image_id="ami-1",
    name="NVIDIA VMI",
    architecture="x86_64",
    size_gb=128,
    product="676eed8d-dcf5-4784-87d7-0de463205c17",
)
CALLER = Caller(
    account="123456789012",
    arn="arn:aws:iam::123456789012:user/me",
    source="profile default",
    aws_ahead_s=0.4,
)
PLACE = SubnetPlace(subnet_id="subnet-1", zone=ZONES[0], free_addresses=4000, way_out="internet gateway")


@dataclass(kw_only=True)
class FakeAccount:
    """An account; refuses: what a method raises, by its name. asked: all calls in order."""

    who: Caller = CALLER
    of_plan: AccountPlan = field(default_factory=lambda: AccountPlan(kind="PAID"))
    status: str = "ACTIVE"
    offers: Mapping[str, TypeOffer] = field(default_factory=lambda: {G4DN.name: G4DN})
    shown: FoundImage | None = IMAGE
    allowed: str = "disabled"
    agreed: bool = True
    places: Sequence[SubnetPlace] | None = (PLACE,)
    reserved: Reservation | None = None
    things: Mapping[str, str | None] = field(default_factory=dict)
    launch_refusal: GpuInfraError | None = None
    refusals: Mapping[str, GpuInfraError] = field(default_factory=dict)
    may: Mapping[str, str] | None = None
    simulated: list[Simulation] = field(default_factory=list)
    refuses: Mapping[str, GpuInfraError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    requests: list[HostRequest] = field(default_factory=list)
    tried: dict[str, StackOfTries] = field(default_factory=dict)

    def caller(self) -> Caller:
        """Return who asks."""
        return self.who

    def plan(self) -> AccountPlan:
        """Return the plan."""
        return self._told("plan", self.of_plan)

    def state(self) -> str:
        """Return the state."""
        return self._told("state", self.status)

    def offer(self, instance_type: str) -> TypeOffer | None:
        """Return a type."""
        return self._told("offer", self.offers.get(instance_type))

    def image(self, settings: Settings, architecture: str) -> FoundImage | None:
        """Return the image."""
        return self._told("image", self.shown)

    def allowed_images(self) -> str:
        """Return the state of Allowed AMIs."""
        return self._told("allowed_images", self.allowed)

    def has_agreement(self, product: str) -> bool:
        """Tell whether there is one."""
        return self._told("has_agreement", self.agreed)

    def network(self, subnet_id: str) -> Sequence[SubnetPlace] | None:
        """Return the subnets."""
        return self._told("network", self.places)

    def given(self, kind: str, name: str) -> str | None:
        """Return what the test set."""
        return self._told(f"{kind} {name}", self.things.get(name, "Enabled"))

    def reservation(self, reservation_id: str) -> Reservation | None:
        """Return what the test set."""
        return self._told("reservation", self.reserved)

    def launch(self, request: HostRequest) -> GpuInfraError | None:
        """Remember what was asked for."""
        self.requests.append(request)
        return self.launch_refusal

    def dry_run(self, action: str, of: StackOfTries) -> GpuInfraError | None:
        """Remember what it was about; return what the test set."""
        self.tried[action] = of
        return self.refusals.get(action)

    def simulate(self, arn: str, of: Simulation) -> Mapping[str, str]:
        """Allow all but what the test says otherwise of."""
        self.simulated.append(of)
        if "simulate" in self.refuses:
            raise self.refuses["simulate"]
        return {it: (self.may or {}).get(it, "allowed") for it in of.actions}

    def read(self, action: str) -> None:
        """Refuse what the test says."""
        return self._told(action, None)

    def _told(self, what: str, value: T) -> T:
        self.asked.append(what)
        if what in self.refuses:
            raise self.refuses[what]
        return value


@dataclass(kw_only=True)
class FakeMachine:
    """A machine with everything; programs: versions by name, None: not there."""

    platform: str = "linux"
    programs: Mapping[str, str | None] = field(default_factory=dict)
    ip: str | GpuInfraError = "52.94.76.10/32"
    free: int = 50_000
    trouble: ConfigError | None = None

    def program(self, name: str) -> str | None:
        """Return a version."""
        return self.programs.get(name, {"terraform": "1.11.4", "ssh": "9.2", "rsync": "3.2.7"}[name])

    def address(self) -> str:
        """Return the address."""
        if isinstance(self.ip, GpuInfraError):
            raise self.ip
        return self.ip

    def free_mb(self) -> int:
        """Return the free space."""
        return self.free

    def key_trouble(self) -> ConfigError | None:
        """Return what the test set."""
        return self.trouble
