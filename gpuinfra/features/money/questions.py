"""What is asked of AWS's price list, and which of its answers is the price. Pure.

Without all eight filters of a type other products come, too: Windows, reservations that are not used, hosts
of one's own, and capacity blocks, by which a p5 costs nothing.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpuinfra.ground.price_list import PricedProduct

LINUX = {
    "operatingSystem": ("Linux",),
    "preInstalledSw": ("NA",),
    "licenseModel": ("No License required",),
    "tenancy": ("Shared",),
    "capacitystatus": ("Used",),
    "marketoption": ("OnDemand",),
}
NO_PRICE = "AWS's price list has no on-demand price of it in this region"
DISK_GB, DISK_IOPS, DISK_GIBPS = "gp3 GB-month", "gp3 IOPS-month", "gp3 GiBps-month"
SNAPSHOT_GB, ADDRESS, NAT, ENDPOINT, ALARM = "snapshot GB-month", "address", "NAT", "endpoint", "alarm"


@dataclass(frozen=True, kw_only=True)
class PriceQuestion:
    """One call; usage_types: which product is the price of what, without the region's prefix (EUC1-)."""

    service: str
    filters: Mapping[str, Sequence[str]]
    usage_types: Mapping[str, str]


OF_DISKS = PriceQuestion(
    service="AmazonEC2",
    filters={"volumeApiName": ("gp3",)},
    usage_types={
        DISK_GB: "EBS:VolumeUsage.gp3",
        DISK_IOPS: "EBS:VolumeP-IOPS.gp3",
        DISK_GIBPS: "EBS:VolumeP-Throughput.gp3",
    },
)
# An address that leads to a host costs the same as one that leads nowhere (IdleAddress).
OF_ADDRESSES = PriceQuestion(
    service="AmazonVPC",
    filters={"group": ("VPCPublicIPv4Address",)},
    usage_types={ADDRESS: "PublicIPv4:InUseAddress"},
)
OF_NAT = PriceQuestion(
    service="AmazonEC2", filters={"productFamily": ("NAT Gateway",)}, usage_types={NAT: "NatGateway-Hours"}
)
OTHERS = (
    OF_DISKS,
    OF_ADDRESSES,
    OF_NAT,
    PriceQuestion(
        service="AmazonEC2",
        filters={"productFamily": ("Storage Snapshot",)},
        usage_types={SNAPSHOT_GB: "EBS:SnapshotUsage"},
    ),
    PriceQuestion(
        service="AmazonVPC",
        filters={"productFamily": ("VpcEndpoint",)},
        usage_types={ENDPOINT: "VpcEndpoint-Hours"},
    ),
    PriceQuestion(
        service="AmazonCloudWatch",
        filters={"productFamily": ("Alarm",)},
        usage_types={ALARM: "CW:AlarmMonitorUsage"},
    ),
)


def of_types(names: Sequence[str]) -> PriceQuestion:
    """Return the question for the on-demand prices of instance types."""
    return PriceQuestion(service="AmazonEC2", filters={**LINUX, "instanceType": tuple(names)}, usage_types={})


def of_thing(name: str) -> PriceQuestion:
    """Return the question that one of the other things is answered by."""
    return next(question for question in OTHERS if name in question.usage_types)


def has_usage_type(product: PricedProduct, name: str) -> bool:
    """Tell whether a product is of a usage type, whatever the region puts before it (EUC1-)."""
    return product.usage_type == name or product.usage_type.endswith(f"-{name}")


def the_price(products: Sequence[PricedProduct]) -> tuple[float, str, str] | str:
    """Return amount, currency and unit if exactly one price is told; else why there is none.

    What costs nothing is a product for other uses, never the price; two prices are no price.
    """
    told = {(amount, currency, p.unit) for p in products for currency, amount in p.amounts if amount > 0}
    if len(told) == 1:
        return told.pop()
    return f"AWS's price list has {len(told)} prices of it" if told else NO_PRICE
