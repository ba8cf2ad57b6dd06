"""What AWS sells, as its Price List and EC2 tell it: pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PricedProduct:
    """One product of the Price List.

    usage_type: with the region's prefix, EUC1-NatGateway-Hours. unit: Hrs, GB-Mo ... amounts: currency and
    price of one unit, one for each of its on-demand dimensions.
    """

    usage_type: str
    instance_type: str
    unit: str
    amounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True)
class GpuType:
    """An instance type with NVIDIA GPUs.

    gpus: 0.25 where it has a quarter of one. gpu_memory_mib: of one GPU, or of that part.
    """

    name: str
    gpu: str
    gpus: float
    gpu_memory_mib: int
    vcpus: int
    memory_mib: int
