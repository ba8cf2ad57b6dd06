"""What AWS says of an account before anything is made in it, as values, and whom to ask. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.reservation import Reservation

# Things of the account's own that terraform.tfvars may name in place of ours.
KEY_PAIR, GROUP, PROFILE, KMS_KEY = "key pair", "security group", "instance profile", "KMS key"


@dataclass(frozen=True, kw_only=True)
class LaunchValues:
    """Values of terraform.tfvars that only a launch reads, as far as they are plain; empty where not set."""

    tags: Mapping[str, str] = field(default_factory=dict)
    kms_key_id: str = ""
    zone: str = ""
    private_network: str = ""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks AWS, by which credentials; refusal: why AWS, or this machine, takes them for nobody's.

    source: where they were found, in words. aws_ahead_s: AWS's clock minus this machine's, to about a
    second; None where AWS was not reached.
    """

    account: str = ""
    arn: str = ""
    source: str = ""
    aws_ahead_s: float | None = None
    refusal: GpuInfraError | None = None


@dataclass(frozen=True, kw_only=True)
class AccountPlan:
    """An account's plan: FREE or PAID; expires: when a free one ends, as a date, or empty."""

    kind: str
    status: str = ""
    expires: str = ""


@dataclass(frozen=True, kw_only=True)
class TypeOffer:
    """An instance type that EC2 knows; zones: those of the region that have it, if any.

    gpu_count: NVIDIA GPUs as the host sees them. free: a free plan has it.
    """

    name: str
    zones: tuple[str, ...]
    architectures: tuple[str, ...]
    gpu_count: int
    vcpus: int
    free: bool


@dataclass(frozen=True, kw_only=True)
class FoundImage:
    """The machine image that a new host would be made from; product: its Marketplace product, or empty."""

    image_id: str
    name: str
    architecture: str
    size_gb: int
    product: str = ""


@dataclass(frozen=True, kw_only=True)
class SubnetPlace:
    """A subnet that a new host may be put into; way_out: internet gateway, NAT, other, or empty for none."""

    subnet_id: str
    zone: str
    free_addresses: int
    way_out: str
    vpc_id: str = ""


@dataclass(frozen=True, kw_only=True)
class HostRequest:
    """What a new host is asked for with: the arguments of RunInstances that rules of an account look at."""

    image_id: str
    instance_type: str
    disk_gb: int
    tags: dict[str, str]
    kms_key_id: str = ""
    subnet_id: str = ""
    zone: str = ""
    spot: bool = False
    security_group_ids: tuple[str, ...] = ()
    key_name: str = ""
    instance_profile: str = ""


@dataclass(frozen=True, kw_only=True)
class StackOfTries:
    """Whose things dry runs are about: what a policy for one stack looks at.

    name: how the names of its things begin. host_id: the recorded host's, empty where there is none.
    """

    name: str
    tags: dict[str, str]
    host_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Some actions of IAM on one resource, and what the calls would say beside it.

    resource: an ARN. context: condition keys, such as iam:PassedToService, and their values.
    """

    actions: tuple[str, ...]
    resource: str
    context: Mapping[str, str]


class AccountReader(Protocol):
    """AWS, asked about an account in one region; each but caller, launch and dry_run raises CloudError."""

    def caller(self) -> Caller:
        """Return who asks, or why AWS takes them for nobody."""

    def plan(self) -> AccountPlan:
        """Return the account's plan."""

    def state(self) -> str:
        """Return the account's state, as AWS names it."""

    def offer(self, instance_type: str) -> TypeOffer | None:
        """Return a type as the region sells it; None: there is no such type."""

    def image(self, settings: Settings, architecture: str) -> FoundImage | None:
        """Return the image that a new host would be made from, None where none is shown."""

    def allowed_images(self) -> str:
        """Return the state of Allowed AMIs: enabled, audit-mode or disabled."""

    def has_agreement(self, product: str) -> bool:
        """Tell whether an agreement on a Marketplace product was found."""

    def network(self, subnet_id: str) -> Sequence[SubnetPlace] | None:
        """Return where a host may be put; None: no such subnet, or no default VPC."""

    def given(self, kind: str, name: str) -> str | None:
        """Return how a thing of the account's own is (doctor_given); None: there is none of this name."""

    def reservation(self, reservation_id: str) -> Reservation | None:
        """Return a capacity reservation, None where the account has no such one in the region."""

    def launch(self, request: HostRequest) -> GpuInfraError | None:
        """Return why EC2 would refuse this request, by a dry run."""

    def dry_run(self, action: str, of: StackOfTries) -> GpuInfraError | None:
        """Return why EC2 would refuse another action of ours."""

    def simulate(self, arn: str, of: Simulation) -> Mapping[str, str]:
        """Return for each action: allowed, implicitDeny, explicitDeny; empty: IAM cannot tell."""

    def read(self, action: str) -> None:
        """Make a read call, named as IAM does, for the sake of its answer's being no refusal."""
