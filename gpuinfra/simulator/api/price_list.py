"""The Price List service, which moto does not have: GetProducts with answers of the real shape.

Attribute names, usage types, offer codes (JRTCKXETXF, 6YS6EN2CT7) and the several SKUs of one type are AWS's;
SKU ids are made up, prices are synthetic.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

from gpuinfra.simulator.api import synthetic_prices as prices
from gpuinfra.simulator.api.aws_protocol import ApiAnswer, AwsRequest, error_answer

DATE, MOST_RESULTS = "2026-11-20T00:00:00Z", 100
SELLERS = ("us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1")  # of the Query API
DEFAULT_REGIONS = ("us-east-1", "eu-central-1")  # where no filter names a region
Product = dict[str, Any]


def answer(request: AwsRequest) -> ApiAnswer:
    """Answer one call of the service."""
    if request.action != "GetProducts":
        raise NotImplementedError(request.action)
    if request.region not in SELLERS:
        return _refused(request, "UnknownOperationException", f"no Price List endpoint in {request.region}")
    try:
        body = _get_products(json.loads(request.raw or "{}"))
    except (KeyError, ValueError, TypeError) as error:
        return _refused(request, "InvalidParameterException", f"{type(error).__name__}: {error}")
    kind = (("Content-Type", "application/x-amz-json-1.1"),)
    return ApiAnswer(status=200, headers=kind, body=json.dumps(body).encode())


def _refused(request: AwsRequest, code: str, message: str) -> ApiAnswer:
    return error_answer(request, status=400, code=code, message=message)


def _get_products(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page; PriceList holds JSON strings, as on AWS."""
    filters = request.get("Filters", [])
    found = [p for p in _candidates(request["ServiceCode"], filters) if all(_fits(p, f) for f in filters)]
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or MOST_RESULTS), MOST_RESULTS)
    more = {"NextToken": str(end)} if len(found) > end else {}
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(p) for p in found[start:end]], **more}


def _candidates(service: str, filters: list[Mapping[str, str]]) -> Iterator[Product]:
    """Yield the products among which the filters choose: to make those of a whole service takes too long."""
    regions = _values(filters, "regionCode") or list(DEFAULT_REGIONS)
    types = _values(filters, "instanceType")
    for region in regions:
        if service == "AmazonEC2":
            for name in prices.sold(region):
                if name in types if types else prices.has_nvidia(name):
                    yield from _of_type(name, region)
        yield from (p for p in _of_region(region) if p["serviceCode"] == service)


def _values(filters: list[Mapping[str, str]], name: str) -> list[str]:
    return [v.strip() for f in filters if f["Field"] == name for v in f["Value"].split(",")]


def _fits(product: Product, one: Mapping[str, str]) -> bool:
    """Tell whether a product passes a filter; TERM_MATCH ignores case, as on AWS."""
    fields = {
        "productFamily": product["product"].get("productFamily", ""),
        "ServiceCode": product["serviceCode"],
    }
    have = str({**product["product"]["attributes"], **fields}.get(one["Field"], ""))
    match one["Type"]:
        case "ANY_OF":
            return have in [value.strip() for value in one["Value"].split(",")]
        case "CONTAINS":
            return one["Value"] in have
        case "TERM_MATCH" | "EQUALS":
            return have.lower() == one["Value"].lower()
    raise ValueError(f"filter type {one['Type']!r}")


def _of_type(name: str, region: str) -> Iterator[Product]:
    """Yield the SKUs of one type: only one of them is what a host of ours costs."""
    usd = prices.on_demand_usd_h(name, region)
    raw = INSTANCE_TYPES[name]
    base = {
        "instanceType": name,
        "vcpu": str(raw["VCpuInfo"]["DefaultVCpus"]),
        "memory": f"{raw['MemoryInfo']['SizeInMiB'] / 1024:g} GiB",
        "gpuMemory": "NA",
        "operatingSystem": "Linux",
        "preInstalledSw": "NA",
        "licenseModel": "No License required",
        "operation": "RunInstances",
        "tenancy": "Shared",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
    }

    def sku(usage: str, price: float, **changes: str) -> Product:
        attributes = {**base, "usagetype": f"{_prefix(region)}{usage}:{name}", **changes}
        return _product("AmazonEC2", "Compute Instance", region, attributes, price, "Hrs")

    yield sku("Reservation", 0.0, capacitystatus="AllocatedCapacityReservation")
    yield sku("BoxUsage", usd)
    yield sku("UnusedBox", usd, capacitystatus="UnusedCapacityReservation")
    yield sku("BoxUsage", usd + 0.48, preInstalledSw="SQL Std", operation="RunInstances:0004")
    yield sku("DedicatedUsage", usd * 1.06, tenancy="Dedicated")
    yield sku("HostBoxUsage", 0.0, tenancy="Host")
    yield sku("BoxUsage", usd + 0.18, operatingSystem="Windows", operation="RunInstances:0002")
    if name.startswith("p"):
        yield sku("BoxUsage", 0.0, marketoption="CapacityBlock", operation="RunInstances:CB")


def _of_region(region: str) -> Iterator[Product]:
    """Yield all that is no instance."""
    gp3, before, by = {"volumeApiName": "gp3"}, _prefix(region), prices.factor(region)
    ipv4 = {"group": "VPCPublicIPv4Address"}
    rows: tuple[tuple[str, str, dict[str, str], str, float, str], ...] = (
        ("AmazonEC2", "Storage", gp3, "EBS:VolumeUsage.gp3", prices.GP3_GB_MONTH, "GB-Mo"),
        ("AmazonEC2", "System Operation", gp3, "EBS:VolumeP-IOPS.gp3", prices.GP3_IOPS_MONTH, "IOPS-Mo"),
        ("AmazonEC2", "Provisioned Throughput", gp3, "EBS:VolumeP-Throughput.gp3", prices.GIBPS, "GiBps-mo"),
        ("AmazonEC2", "Storage Snapshot", {}, "EBS:SnapshotUsage", prices.SNAPSHOT_GB_MONTH, "GB-Mo"),
        ("AmazonEC2", "NAT Gateway", {}, "NatGateway-Hours", prices.NAT_H, "Hrs"),
        ("AmazonEC2", "NAT Gateway", {}, "RegionalNatGateway-Hours", prices.NAT_H, "Hrs"),
        ("AmazonEC2", "NAT Gateway", {}, "NatGateway-Bytes", prices.NAT_GB, "GB"),
        ("AmazonVPC", "", ipv4, "PublicIPv4:InUseAddress", prices.ADDRESS_H, "Hrs"),
        ("AmazonVPC", "", ipv4, "PublicIPv4:IdleAddress", prices.ADDRESS_H, "Hrs"),
        ("AmazonVPC", "VpcEndpoint", {}, "VpcEndpoint-Hours", prices.ENDPOINT_H, "Hrs"),
        ("AmazonVPC", "VpcEndpoint", {}, "VpcEndpoint-Bytes", prices.ENDPOINT_H, "GB"),
        ("AmazonCloudWatch", "Alarm", {}, "CW:AlarmMonitorUsage", prices.ALARM_MONTH, "Alarms"),
        ("AmazonCloudWatch", "Alarm", {}, "CW:HighResAlarmMonitorUsage", prices.ALARM_MONTH * 3, "Alarms"),
    )  # fmt: skip
    for service, family, attributes, usage, usd, unit in rows:
        # An address costs the same everywhere, and its usage type has a prefix in us-east-1, too.
        is_address = usage.startswith("PublicIPv4")
        start = before or "USE1-" if is_address else before
        price = usd if is_address else usd * by
        yield _product(service, family, region, {**attributes, "usagetype": f"{start}{usage}"}, price, unit)


def _prefix(region: str) -> str:
    """Return what usage types begin with: EUC1- for eu-central-1, nothing for us-east-1."""
    area, way, number = region.split("-")[0], "".join(region.split("-")[1:-1]), region.split("-")[-1]
    return "" if region == "us-east-1" else f"{area}{way[0]}{number}-".upper()


def _product(
    service: str, family: str, region: str, attributes: dict[str, str], amount: float, unit: str
) -> Product:
    china = region.startswith("cn-")
    key = json.dumps([service, region, attributes])
    sku = hashlib.sha256(key.encode()).hexdigest()[:16].upper()
    term, rate = f"{sku}.JRTCKXETXF", f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    price = {"CNY": f"{amount * prices.CNY_PER_USD:.10f}"} if china else {"USD": f"{amount:.10f}"}
    dimension: Product = {
        "unit": unit,
        "beginRange": "0",
        "endRange": "Inf",
        "appliesTo": [],
        "rateCode": rate,
    }
    dimension |= {"description": "synthetic, of the simulator", "pricePerUnit": price}
    product: Product = {
        "sku": sku,
        "attributes": {**attributes, "regionCode": region, "servicecode": service},
    }
    return {
        "product": product | ({"productFamily": family} if family else {}),
        "serviceCode": service,
        "version": "20261120000000",
        "publicationDate": DATE,
        "terms": {
            "OnDemand": {
                term: {
                    "sku": sku,
                    "effectiveDate": DATE,
                    "offerTermCode": "JRTCKXETXF",
                    "termAttributes": {},
                    "priceDimensions": {rate: dimension},
                }
            }
        },
    }
