"""AWS's price list, and EC2's spot prices and types.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.price_list import GpuType, PricedProduct
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws.client import client, session
from gpuinfra.tools.aws.credentials import no_questions
from gpuinfra.tools.aws.errors import map_boto_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import GpuDeviceInfoTypeDef, InstanceTypeInfoTypeDef

# The endpoints of the Query API; each of the first three knows all regions but China's.
HOME, HOME_EU, HOME_ASIA, HOME_CHINA = "us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1"
# Nobody waits long for a price.
ATTEMPTS, READ_TIMEOUT_S = 2, 5
MOST_CHARACTERS = 1024  # of a filter's value
SPOT_PRODUCT = "Linux/UNIX"
GPU_FAMILIES = ("g*", "p*")


def endpoint(region: str) -> str:
    """Return where the prices of a region are asked for; empty for GovCloud, which has no such service."""
    if region.startswith("us-gov-"):
        return ""
    area = region.split("-")[0]
    return {"cn": HOME_CHINA, "eu": HOME_EU, "ap": HOME_ASIA}.get(area, HOME)


@adapter("prices cannot be asked for")
class PriceList:
    """The prices of one region."""

    def __init__(self, region: str, *, may_ask: bool = True) -> None:
        """Take a region; `may_ask`: an MFA code is asked for now if one is due, never later, in a thread.

        Raises:
            CloudError: the caller's credentials cannot be had.
        """
        self._region = region
        self._session = session(region)
        self._lock = threading.Lock()
        with nullcontext() if may_ask else no_questions(), map_boto_errors("sts"):
            if found := self._session.get_credentials():
                found.get_frozen_credentials()

    def products(self, service: str, filters: Mapping[str, Sequence[str]]) -> list[PricedProduct]:
        """Return the products whose attributes have one of these values each.

        Raises:
            CloudError: the caller may not ask, or the region has no price list.
        """
        with no_questions():
            texts = [text for part in _parts(filters) for text in self._texts(service, part)]
        return [product for text in texts for product in _read(text)]

    def spot(self, instance_types: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the spot price in force, USD an hour, by type and zone; a type without spot is not in it."""
        ec2 = self._client("ec2", self._region)
        newest: dict[tuple[str, str], tuple[datetime, float]] = {}
        with no_questions(), map_boto_errors("ec2"):
            pages = ec2.get_paginator("describe_spot_price_history").paginate(
                InstanceTypes=list(instance_types),
                ProductDescriptions=[SPOT_PRODUCT],
                StartTime=datetime.now(UTC),  # the last change before it comes, too: one row a pool
            )
            for row in (row for page in pages for row in page["SpotPriceHistory"]):
                pool, told = (
                    (row["InstanceType"], row["AvailabilityZone"]),
                    (row["Timestamp"], float(row["SpotPrice"])),
                )
                newest[pool] = max(told, newest.get(pool, told))
        found: dict[str, dict[str, float]] = {}
        for (name, zone), (_, usd_h) in newest.items():
            found.setdefault(name, {})[zone] = usd_h
        return found

    def gpu_types(self) -> list[GpuType]:
        """Return the types of the region that have NVIDIA GPUs."""
        ec2 = self._client("ec2", self._region)
        wanted = {"Name": "instance-type", "Values": list(GPU_FAMILIES)}
        with no_questions(), map_boto_errors("ec2"):
            pages = ec2.get_paginator("describe_instance_types").paginate(Filters=[wanted])
            found = [made for page in pages for raw in page["InstanceTypes"] if (made := _gpu_type(raw))]
        return sorted(found, key=lambda it: it.name)

    def _texts(self, service: str, filters: list[dict[str, str]]) -> Iterator[str]:
        home = endpoint(self._region)
        if not home:
            raise CloudError(f"AWS has no price list for {self._region}")
        pricing = self._client("pricing", home)
        region = {"Type": "TERM_MATCH", "Field": "regionCode", "Value": self._region}
        with map_boto_errors("pricing"):
            pages = pricing.get_paginator("get_products").paginate(
                ServiceCode=service, Filters=[region, *filters]
            )
            yield from (text for page in pages for text in page["PriceList"])

    def _client(self, service: str, region: str) -> Any:
        with self._lock:  # a session makes one client at a time; the clients bear several threads
            return client(
                service, region, own=self._session, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S
            )


def _parts(filters: Mapping[str, Sequence[str]]) -> Iterator[list[dict[str, str]]]:
    """Yield the filters of each call: at most one has many values, and more than a call takes."""
    plain = [{"Type": "TERM_MATCH", "Field": k, "Value": v[0]} for k, v in filters.items() if len(v) == 1]
    many = [(name, values) for name, values in filters.items() if len(values) > 1]
    if not many:
        yield plain
    for name, values in many:
        for text in _joined(values):
            yield [*plain, {"Type": "ANY_OF", "Field": name, "Value": text}]


def _joined(values: Sequence[str]) -> Iterator[str]:
    part = ""
    for value in values:
        if part and len(part) + 1 + len(value) > MOST_CHARACTERS:
            yield part
            part = ""
        part = f"{part},{value}" if part else value
    yield part


def _read(text: str) -> Iterator[PricedProduct]:
    """Yield a product of the Price List, which is a JSON text in the JSON answer; nothing if it is none."""
    try:
        raw = json.loads(text)
        attributes = raw["product"]["attributes"]
        terms = raw.get("terms", {}).get("OnDemand", {}).values()
        dimensions = [d for term in terms for d in term["priceDimensions"].values()]
        yield PricedProduct(
            usage_type=attributes.get("usagetype", ""),
            instance_type=attributes.get("instanceType", ""),
            unit=dimensions[0]["unit"] if dimensions else "",
            amounts=tuple((name, float(a)) for d in dimensions for name, a in d["pricePerUnit"].items()),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _gpu_type(raw: "InstanceTypeInfoTypeDef") -> GpuType | None:
    gpus = [g for g in raw.get("GpuInfo", {}).get("Gpus", []) if g.get("Manufacturer") == "NVIDIA"]
    if not gpus:
        return None
    return GpuType(
        name=str(raw.get("InstanceType", "")),
        gpu=gpus[0].get("Name", ""),
        gpus=sum(map(_count, gpus)),
        gpu_memory_mib=gpus[0].get("MemoryInfo", {}).get("SizeInMiB", 0),
        vcpus=raw.get("VCpuInfo", {}).get("DefaultVCpus", 0),
        memory_mib=raw.get("MemoryInfo", {}).get("SizeInMiB", 0),
    )


def _count(gpu: "GpuDeviceInfoTypeDef") -> float:
    """Return how many GPUs; a type with a part of one counts 0 of them, and says which part."""
    part: Any = gpu.get("GpuPartitionSize", 1.0)
    return gpu.get("Count", 0) or float(part)
