"""SYNTHETIC prices for all types and regions that moto knows: by formula, for the demo and the tests only.

The few that are named were quoted from AWS's list of 2026; all others follow from what a type has.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

QUOTED_USD_H = {"g4dn.xlarge": 0.526, "g5.xlarge": 1.006, "t3.large": 0.0832, "p4d.24xlarge": 32.7726}
# USD an hour of one whole GPU.
GPU_USD_H = {"M60": 0.7, "K80": 0.8, "T4": 0.35, "T4g": 0.25, "A10G": 0.8, "L4": 0.6, "L40S": 1.5}
GPU_USD_H |= {"V100": 2.8, "A100": 3.5, "H100": 6.2, "H200": 7.5, "B200": 14.0, "B300": 17.0}
OTHER_GPU_USD_H, VCPU_USD_H, GIB_USD_H = 1.0, 0.03, 0.003
REGION_FACTORS = {
    "us-east-1": 1.0,
    "us-east-2": 1.0,
    "us-west-2": 1.0,
    "eu-central-1": 1.25,
    "eu-west-1": 1.1,
}
OTHER_FACTOR = 1.3
CNY_PER_USD = 7.0
# USD in us-east-1 of what is no instance, per unit of the Price List.
GP3_GB_MONTH, GP3_IOPS_MONTH, GIBPS, SNAPSHOT_GB_MONTH = 0.08, 0.005, 40.96, 0.05
ADDRESS_H, NAT_H, NAT_GB, ENDPOINT_H, ALARM_MONTH = 0.005, 0.045, 0.045, 0.01, 0.10
SPOT_SHARE = 0.3, 0.6  # of the on-demand price, the least and the most


def factor(region: str) -> float:
    """Return how much dearer a region is than us-east-1."""
    return REGION_FACTORS.get(region, OTHER_FACTOR)


def sold(region: str) -> list[str]:
    """Return the types that a region offers, in order."""
    rows = INSTANCE_TYPE_OFFERINGS["region"].get(region, [])
    return sorted({row["InstanceType"] for row in rows} & INSTANCE_TYPES.keys())


def has_nvidia(name: str) -> bool:
    """Tell whether a type has NVIDIA GPUs."""
    return any(gpu.get("Manufacturer") == "NVIDIA" for gpu in gpus(name))


def gpus(name: str) -> list[Mapping[str, Any]]:
    """Return what moto knows of the GPUs of a type."""
    found: list[Mapping[str, Any]] = INSTANCE_TYPES[name].get("GpuInfo", {}).get("Gpus", [])
    return found


def on_demand_usd_h(name: str, region: str) -> float:
    """Return USD an hour of a type, Linux, on demand."""
    raw = INSTANCE_TYPES[name]
    usd: float = (
        raw["VCpuInfo"]["DefaultVCpus"] * VCPU_USD_H + raw["MemoryInfo"]["SizeInMiB"] / 1024 * GIB_USD_H
    )
    for gpu in gpus(name):
        count = gpu.get("Count") or gpu.get("GpuPartitionSize", 1)
        usd += count * GPU_USD_H.get(gpu.get("Name", ""), OTHER_GPU_USD_H)
    return round(QUOTED_USD_H.get(name, usd) * factor(region), 4)


def spot_usd_h(name: str, zone: str) -> float:
    """Return USD an hour of a type on the spot market of a zone: another in each, the same each time."""
    least, most = SPOT_SHARE
    share = least + (most - least) * (zlib.crc32(f"{name} {zone}".encode()) % 1000) / 1000
    return round(on_demand_usd_h(name, zone.rstrip("abcdefgh")) * share, 4)


def has_spot(name: str) -> bool:
    """Tell whether a type is sold on the spot market."""
    return "spot" in INSTANCE_TYPES[name].get("SupportedUsageClasses", [])


def spot_pools(region: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each type of the spot market with each zone that offers it."""
    for row in INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, []):
        name = row["InstanceType"]
        if (not names or name in names) and name in INSTANCE_TYPES and has_spot(name):
            yield name, row["Location"]
