"""A price list that tells what a test sets, in the shape of AWS's."""

from collections.abc import Mapping, Sequence

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.price_list import GpuType, PricedProduct

DENIED = CloudError(
    "your AWS user or role may not do pricing:GetProducts",
    hint="ask your AWS administrator to allow pricing:GetProducts",
)
# Per hour and per month, as in us-east-1.
USAGE = {
    "EBS:VolumeUsage.gp3": (0.08, "GB-Mo"),
    "EBS:VolumeP-IOPS.gp3": (0.005, "IOPS-Mo"),
    "EBS:VolumeP-Throughput.gp3": (40.96, "GiBps-mo"),
    "USE1-PublicIPv4:InUseAddress": (0.005, "Hrs"),
    "USE1-PublicIPv4:IdleAddress": (0.005, "Hrs"),
    "NatGateway-Hours": (0.045, "Hrs"),
    "RegionalNatGateway-Hours": (0.05, "Hrs"),
    "NatGateway-Bytes": (0.045, "GB"),
    "EBS:SnapshotUsage": (0.05, "GB-Mo"),
    "VpcEndpoint-Hours": (0.01, "Hrs"),
    "CW:AlarmMonitorUsage": (0.10, "Alarms"),
}
TYPES = {"g5.xlarge": 1.006, "g4dn.xlarge": 0.526, "g5.2xlarge": 1.212}


def product(
    usage_type: str, *amounts: float, unit: str = "Hrs", name: str = "", currency: str = "USD"
) -> PricedProduct:
    """Return a product with these prices."""
    told = tuple((currency, amount) for amount in amounts)
    return PricedProduct(usage_type=usage_type, instance_type=name, unit=unit, amounts=told)


class FakePriceList:
    """Tells prices, remembers what it was asked; refuses as the test says."""

    def __init__(
        self,
        *,
        types: Mapping[str, float] = TYPES,
        spot: Mapping[str, Mapping[str, float]] = {},
        gpus: Sequence[GpuType] = (),
        more: Sequence[PricedProduct] = (),
        refusal: CloudError | None = None,
    ) -> None:
        self.prices = types
        self.spots = spot
        self.gpus = gpus
        self.more = more
        self.refusal = refusal
        self.asked: list[tuple[str, Mapping[str, Sequence[str]]]] = []

    def __call__(self, region: str = "") -> "FakePriceList":
        """Stand for what makes it."""
        return self

    def products(self, service: str, filters: Mapping[str, Sequence[str]]) -> list[PricedProduct]:
        """Return all there is of types, or all else."""
        self.asked.append((service, dict(filters)))
        if self.refusal:
            raise self.refusal
        if wanted := filters.get("instanceType"):
            found = [product(f"BoxUsage:{n}", usd, name=n) for n, usd in self.prices.items() if n in wanted]
            return [*found, *self.more]
        return [product(usage, amount, unit=unit) for usage, (amount, unit) in USAGE.items()]

    def spot(self, instance_types: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the spot prices that the test set."""
        self.asked.append(("spot", {"types": list(instance_types)}))
        if self.refusal:
            raise self.refusal
        return {name: dict(self.spots[name]) for name in instance_types if name in self.spots}

    def gpu_types(self) -> list[GpuType]:
        """Return the types that the test set."""
        self.asked.append(("types", {}))
        if self.refusal:
            raise self.refusal
        return list(self.gpus)
