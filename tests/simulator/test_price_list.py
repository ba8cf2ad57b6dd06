"""Prices in the simulator have the shape of AWS's, and our adapter reads them; the amounts are synthetic."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_cache import PriceCache
from gpuinfra.features.money.prices import Prices
from gpuinfra.ground.errors import CloudError
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.pricing import PriceList, endpoint
from tests.simulator.aws import client

ALL_FILTERS = {**{name: value[0] for name, value in questions.LINUX.items()}, "regionCode": REGION}


@pytest.fixture(autouse=True)
def _caller(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our adapter is pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)


def products(sim: Simulator, filters: dict[str, str], *, size: int = 100) -> list[dict[str, Any]]:
    """Ask as a plain client does; return the decoded products."""
    wanted = {"regionCode": REGION, **filters}
    asked = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]
    pages = client("pricing", sim).get_paginator("get_products")
    found = pages.paginate(ServiceCode="AmazonEC2", Filters=asked, PaginationConfig={"PageSize": size})
    return [json.loads(text) for page in found for text in page["PriceList"]]


def usd(product: dict[str, Any]) -> float:
    """Return the price of a product."""
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    return float(dimension["pricePerUnit"]["USD"])


def test_a_type_has_many_products_and_one_price(sim: Simulator) -> None:
    """Reservations and capacity blocks cost 0.00, Windows and hosts of one's own something else."""
    found = products(sim, {"instanceType": "p5.48xlarge"})
    assert len(found) == 8
    assert sorted(map(usd, found))[:3] == [0.0, 0.0, 0.0]
    (price,) = products(sim, {"instanceType": "p5.48xlarge", **ALL_FILTERS})
    assert usd(price) > 10
    without = {name: value for name, value in ALL_FILTERS.items() if name != "marketoption"}
    assert len(products(sim, {"instanceType": "p5.48xlarge", **without})) == 2


def test_answers_come_in_pages(sim: Simulator) -> None:
    """All of them, whatever the size of a page."""
    whole = products(sim, {"instanceType": "g5.xlarge"})
    assert products(sim, {"instanceType": "g5.xlarge"}, size=3) == whole
    assert len(sim.calls("GetProducts")) == 1 + 3


def test_our_adapter_reads_exactly_one_price(sim: Simulator) -> None:
    """Of all types with GPUs, in one call: with a price, or nothing, never 0.00."""
    source = PriceList(REGION)
    types = [it.name for it in source.gpu_types()]
    assert len(types) >= 60
    found = source.products("AmazonEC2", {**questions.LINUX, "instanceType": types})
    prices = {name: questions.the_price([p for p in found if p.instance_type == name]) for name in types}
    assert prices["g5.xlarge"] == (1.006, "USD", "Hrs")
    assert {name for name, price in prices.items() if isinstance(price, str)} <= {"p5e.48xlarge"}
    assert len(sim.calls("GetProducts")) == 1


def test_fractions_of_a_gpu_are_told(sim: Simulator) -> None:
    """EC2 counts none there, and says which part it is."""
    types = {it.name: it for it in PriceList(REGION).gpu_types()}
    assert (types["g6f.xlarge"].gpus, types["g6f.xlarge"].gpu_memory_mib) == (0.125, 2861)
    assert (types["g5.12xlarge"].gpus, types["g5.12xlarge"].gpu, types["g5.12xlarge"].vcpus) == (
        4,
        "A10G",
        48,
    )
    assert "g4ad.xlarge" not in types


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_all_else_has_a_price_in_each_region(region: str, sim: Simulator, tmp_path: Any) -> None:
    """Usage types have another prefix in each; the endpoint is one of three."""
    prices = Prices(region=region, cache=PriceCache(tmp_path, region), ask=lambda: PriceList(region))
    told = [
        prices.disk(100, iops=4000, throughput_mib_s=250),
        prices.address(),
        prices.nat_gateway(),
        prices.endpoint(),
        prices.snapshot(1),
        prices.alarm(),
    ]
    assert all(price.usd_h for price in told), told
    assert {call.region for call in sim.calls("GetProducts")} == {endpoint(region)}


@pytest.mark.parametrize(
    ("region", "home"),
    [
        ("us-west-2", "us-east-1"),
        ("sa-east-1", "us-east-1"),
        ("eu-west-1", "eu-central-1"),
        ("ap-east-1", "ap-south-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-west-1", ""),
    ],
)
def test_where_prices_are_asked_for(region: str, home: str) -> None:
    """Three endpoints know all regions; China has its own, GovCloud none."""
    assert endpoint(region) == home


def test_govcloud_has_no_prices() -> None:
    """Said as such; no call fails in its own way."""
    with pytest.raises(CloudError, match="AWS has no price list for us-gov-west-1"):
        PriceList("us-gov-west-1").products("AmazonEC2", {})


def test_china_is_billed_in_yuan(sim: Simulator, tmp_path: Any) -> None:
    """The currency is in the answer."""
    (disk, *_) = PriceList("cn-north-1").products("AmazonEC2", {"volumeApiName": ("gp3",)})
    assert [currency for currency, _ in disk.amounts] == ["CNY"]


def test_who_may_not_ask_is_told_what_to_allow(sim: Simulator) -> None:
    """As any refusal of AWS."""
    sim.fault(Fault(match="GetProducts", code="AccessDeniedException", message="no", count=None))
    with pytest.raises(CloudError) as caught:
        PriceList(REGION).products("AmazonVPC", {"group": ("VPCPublicIPv4Address",)})
    assert caught.value.hint.endswith("allow pricing:GetProducts")


def test_spot_prices_are_those_of_now_by_zone(sim: Simulator) -> None:
    """Only zones that offer the type; a type without spot, and another product, have none."""
    found = PriceList(REGION).spot(["g5.xlarge", "p5.48xlarge", "u-6tb1.metal"])
    assert set(found) == {"g5.xlarge", "p5.48xlarge"}
    assert "us-east-1e" not in found["g5.xlarge"]
    assert all(0.2 < usd_h < 1.0 for usd_h in found["g5.xlarge"].values())
    ec2 = client("ec2", sim)
    asked = {"InstanceTypes": ["g5.xlarge"], "StartTime": datetime.now(UTC)}
    windows = ec2.describe_spot_price_history(ProductDescriptions=["Windows"], **asked)
    assert windows["SpotPriceHistory"] == []
    one = ec2.describe_spot_price_history(AvailabilityZone="us-east-1a", **asked)["SpotPriceHistory"]
    assert [row["AvailabilityZone"] for row in one] == ["us-east-1a"]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ([{"Type": "LIKE", "Field": "instanceType", "Value": "g5"}], "InvalidParameterException"),
        ([], ""),
    ],
)
def test_a_wrong_question_is_refused(filters: list[dict[str, str]], code: str, sim: Simulator) -> None:
    """And a service that sells nothing has an empty list."""
    ask = client("pricing", sim).get_products
    if code:
        with pytest.raises(ClientError, match=code):
            ask(ServiceCode="AmazonEC2", Filters=filters)
    else:
        assert ask(ServiceCode="AmazonBraket", Filters=filters)["PriceList"] == []
