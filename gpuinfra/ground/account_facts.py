"""What AWS says of an account before anything is made in it: pure values, read by doctor."""

from dataclasses import dataclass

from gpuinfra.ground.errors import GpuInfraError


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
    """An instance type that EC2 knows; zones: those of the region that have it, none where the region does not.

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
