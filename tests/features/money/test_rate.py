"""What of a stack is billed, and how that reads. Over 200 lines: a test for each thing."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuinfra.features.money.hourly import HourlyCost, hourly
from gpuinfra.features.money.price_cache import PriceCache
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rate import BilledThings, planned, rate_of, recorded
from gpuinfra.features.money.rates import RUNNING, STOPPED
from gpuinfra.ground.model import AttributeChange, Change, Record, Settings
from gpuinfra.ground.pool import Pool
from tests.fakes.prices import DENIED, FakePriceList
from tests.fakes.world import RECORDED, SETTINGS
from tests.fakes.world import RUNNING as INSTANCE
from tests.samples import host

HOST = "module.host.module.instance.aws_instance.this"
EIP = 'module.host.module.instance.aws_eip.this["own"]'
NAT_EIP = 'module.host.module.network["own"].aws_eip.nat["nat"]'
NAT = 'module.host.module.network["own"].aws_nat_gateway.this["nat"]'
SUBNET = 'module.host.module.network["own"].aws_subnet.this'
PRIVATE = dataclasses.replace(SETTINGS, access="ssm")
CHOSEN = dataclasses.replace(PRIVATE, subnet_id="subnet-1")
NOTHING = Record()
HOST_USD_H, DISK_USD_H = 0.526, 128 * 0.08 / 730


def prices(source: FakePriceList, *, region: str = "us-east-1") -> Prices:
    """Return prices that nobody keeps."""
    return Prices(region=region, cache=PriceCache(Path("/dev/null"), region), ask=source)


def things(
    settings: Settings, *made: str, record: Record = NOTHING, gone: tuple[str, ...] = ()
) -> BilledThings:
    """Return what there will be after a plan."""
    changes = [Change(address=it, action="create") for it in made]
    return planned(settings, record, [*changes, *(Change(address=it, action="delete") for it in gone)])


def sums(it: BilledThings) -> tuple[object, object]:
    """Return what it costs an hour, running and stopped."""
    rate = rate_of(it, prices(FakePriceList()))
    return rate.usd_h(RUNNING), rate.usd_h(STOPPED)


def told(settings: Settings, *made: str, source: FakePriceList | None = None) -> list[str]:
    """Return how a plan tells it."""
    return hourly(things(settings, *made), prices(source or FakePriceList())).plan_lines()


@pytest.mark.parametrize(
    ("settings", "made", "running", "stopped"),
    [
        (SETTINGS, (HOST,), HOST_USD_H + DISK_USD_H + 0.005, DISK_USD_H),
        (SETTINGS, (HOST, EIP), HOST_USD_H + DISK_USD_H + 0.005, DISK_USD_H + 0.005),
        (PRIVATE, (HOST,), HOST_USD_H + DISK_USD_H + 0.005, DISK_USD_H),
        (PRIVATE, (HOST, SUBNET, NAT, NAT_EIP), HOST_USD_H + DISK_USD_H + 0.05, DISK_USD_H + 0.05),
        (CHOSEN, (HOST,), HOST_USD_H + DISK_USD_H, DISK_USD_H),
    ],
)
def test_a_plan_is_priced(settings: Settings, made: tuple[str, ...], running: float, stopped: float) -> None:
    """An address costs while the host runs, a fixed one and a NAT gateway always, a subnet nothing."""
    assert sums(things(settings, *made)) == (pytest.approx(running), pytest.approx(stopped))


@pytest.mark.parametrize(("has", "usd_h"), [("true", 0.005), ("false", 0)])
def test_the_chosen_subnet_of_a_private_host_says_whether_it_has_an_address(has: str, usd_h: float) -> None:
    """Terraform knows it by the subnet's routes; without a price for it the host costs more than was told."""
    asked = AttributeChange(name="associate_public_ip_address", before="null", after=has)
    assert sums(planned(CHOSEN, NOTHING, [Change(address=HOST, action="create", attributes=(asked,))]))[
        0
    ] == pytest.approx(HOST_USD_H + DISK_USD_H + usd_h)


def test_what_is_there_already_costs_on() -> None:
    """A plan that only adds, or takes away, is priced with all that stays."""
    there = Record(resources={HOST: "i-1", EIP: "eipalloc-1"})
    assert things(SETTINGS, record=there).has_fixed_address
    assert not things(SETTINGS, record=there, gone=(EIP,)).has_fixed_address


def test_a_disk_that_is_faster_costs_more() -> None:
    """As terraform.tfvars says."""
    fast = dataclasses.replace(SETTINGS, root_volume_iops=5000, root_volume_throughput_mib_s=225)
    assert sums(things(fast, HOST))[1] == pytest.approx(DISK_USD_H + 14 / 730)
    assert sums(things(dataclasses.replace(SETTINGS, root_volume_iops=None), HOST)) == (None, None)


def test_a_living_host_is_priced_as_it_is() -> None:
    """By the type and the market that EC2 says, and the address that it has."""
    spot = dataclasses.replace(INSTANCE, instance_type="g5.xlarge", market="spot", public_ip="")
    it = recorded(RECORDED, host(), spot, SETTINGS)
    assert (it.instance_type, it.market, it.has_address) == ("g5.xlarge", "spot", False)
    source = FakePriceList(spot={"g5.xlarge": {it.zone: 0.4, "us-east-1z": 0.1}})
    assert rate_of(it, prices(source)).usd_h(RUNNING) == pytest.approx(0.4 + DISK_USD_H)
    fast = dataclasses.replace(RECORDED, disk_iops=5000, disk_throughput_mib_s=225)
    assert rate_of(recorded(fast, host(), spot), prices(source)).usd_h(STOPPED) == pytest.approx(
        DISK_USD_H + 14 / 730
    )
    gone = recorded(RECORDED, host(), None, None)
    assert (gone.instance_type, gone.disk_gb, gone.has_address) == ("g4dn.xlarge", 128, True)


def test_a_spot_host_is_planned_at_its_spot_price() -> None:
    """In its zone where one is named, else in the cheapest; on demand is told beside it."""
    source = FakePriceList(spot={"g4dn.xlarge": {"us-east-1a": 0.2, "us-east-1b": 0.1}})
    spot = dataclasses.replace(SETTINGS, market="spot-then-on-demand")
    assert told(spot, HOST, source=source)[0] == (
        "  cost: 0.119 USD an hour, 86.89 a month (g4dn.xlarge spot 0.100, disk 0.014, address 0.005)"
        "; on demand 0.526"
    )
    dearer = "  that is the cheapest zone; spot goes up to 0.200 in another"  # AWS takes which it likes
    assert told(spot, HOST, source=source)[1] == dearer
    zone = dataclasses.replace(spot, zones=("us-east-1a",))
    assert "g4dn.xlarge spot 0.200" in told(zone, HOST, source=source)[0]
    assert dearer not in told(zone, HOST, source=source)
    won = dataclasses.replace(zone, pool=Pool(instance_type="g4dn.xlarge", zone="us-east-1a"))
    assert "(g4dn.xlarge 0.526," in told(won, HOST, source=source)[0]


def test_a_host_in_a_block_has_been_paid() -> None:
    """Nobody told what it cost; the other things have their prices."""
    block = dataclasses.replace(SETTINGS, market="capacity-block")
    assert told(block, HOST)[0] == (
        "  cost: g4dn.xlarge paid in advance, with its Capacity Block; beside it 0.019 USD an hour,"
        " 13.89 a month (disk 0.014, address 0.005)"
    )


def test_beside_a_block_what_nobody_told_is_unknown() -> None:
    """No right helps against a block's price, but it does for the disk."""
    block = dataclasses.replace(SETTINGS, market="capacity-block")
    assert told(block, HOST, source=FakePriceList(refusal=DENIED))[0] == (
        "  cost: g4dn.xlarge paid in advance, with its Capacity Block; beside it unknown: disk, address"
        " (allow pricing:GetProducts)"
    )


def test_a_plan_tells_it_in_two_lines() -> None:
    """By the hour and by the month, of what it is made, and what spot would cost."""
    source = FakePriceList(spot={"g4dn.xlarge": {"us-east-1a": 0.2, "us-east-1b": 0.1}})
    assert told(SETTINGS, HOST, source=source) == [
        "  cost: 0.545 USD an hour, 397.87 a month (g4dn.xlarge 0.526, disk 0.014, address 0.005)"
        "; spot 0.100",
        "  cost while stopped: 0.014 USD an hour, 10.24 a month (disk 0.014)",
    ]
    assert told(SETTINGS, HOST)[0].endswith("address 0.005)")  # not sold on the spot market


def test_a_nat_gateway_is_told_with_the_way_to_do_without() -> None:
    """It costs more than its hour: what goes through it."""
    running, stopped, way = told(PRIVATE, HOST, SUBNET, NAT)
    assert running.endswith("disk 0.014, NAT gateway 0.050)")
    assert "NAT gateway 0.050" in stopped
    assert "private_network = null makes a host without" in way


def test_without_permission_it_is_one_line() -> None:
    """Never a number that nobody told."""
    assert told(SETTINGS, HOST, source=FakePriceList(refusal=DENIED)) == [
        "  cost: unknown: g4dn.xlarge, disk, address (allow pricing:GetProducts)"
    ]


def test_what_is_known_is_told_beside_what_is_not() -> None:
    """A new type may be in no price list yet."""
    running, stopped = told(SETTINGS, HOST, source=FakePriceList(types={}))
    assert "unknown: g4dn.xlarge (AWS's price list has no on-demand price of it in this region)" in running
    assert running.endswith("known: disk 0.014, address 0.005 USD an hour")
    assert stopped.startswith("  cost while stopped: 0.014 USD an hour")


def test_the_spot_price_beside_is_that_of_the_zone() -> None:
    """Where the host will stand; the cheapest one where EC2 chooses."""
    source = FakePriceList(spot={"g4dn.xlarge": {"us-east-1a": 0.1, "us-east-1b": 0.3}})
    in_b = dataclasses.replace(SETTINGS, zones=("us-east-1b",))
    assert told(in_b, HOST, source=source)[0].endswith("; spot 0.300")
    assert told(SETTINGS, HOST, source=source)[0].endswith("; spot 0.100")


def cost(source: FakePriceList, market: str = "on-demand") -> HourlyCost:
    """Return the cost of a plain host."""
    return hourly(dataclasses.replace(things(SETTINGS, HOST), market=market), prices(source))


def test_the_plain_values() -> None:
    """For scripts: what is unknown is null, with the reason."""
    plain = cost(FakePriceList(types={})).plain()
    assert (plain["usd_h"], plain["stopped_usd_h"]) == (None, pytest.approx(DISK_USD_H))
    assert isinstance(plain["unknown"], Mapping)
    assert list(plain["unknown"]) == ["host"]
    assert plain["items"] == {
        "host": {"usd_h": None, "stopped_usd_h": 0.0},
        "disk": {"usd_h": pytest.approx(DISK_USD_H), "stopped_usd_h": pytest.approx(DISK_USD_H)},
        "address": {"usd_h": 0.005, "stopped_usd_h": 0.0},
    }


def test_the_other_market_is_the_comparison() -> None:
    """A host on spot is compared with on-demand."""
    source = FakePriceList(spot={"g4dn.xlarge": {"us-east-1a": 0.2}})
    found = cost(source, market="spot")
    assert found.plain()["on_demand_usd_h"] == 0.526
    assert found.plan_lines()[0].endswith(
        "(g4dn.xlarge spot 0.200, disk 0.014, address 0.005); on demand 0.526"
    )
