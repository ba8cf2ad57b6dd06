"""What each kind of thing costs an hour; a price that nobody told is unknown, no guess. Pure."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from gpuinfra.features.money.price_asker import on_demand_name, spot_name
from gpuinfra.features.money.questions import ADDRESS, DISK_GB, ENDPOINT, NAT, SNAPSHOT_GB
from gpuinfra.features.money.rates import FREE, Price
from gpuinfra.ground.tagged import TaggedResource

# These cost nothing by themselves. https://aws.amazon.com/vpc/pricing/, https://aws.amazon.com/ec2/pricing/
COSTS_NOTHING = frozenset(
    {
        "aws_security_group",
        "aws_subnet",
        "aws_route_table",
        "aws_internet_gateway",
        "aws_vpc",
        "aws_key_pair",
        "aws_network_interface",
        "aws_launch_template",
        "aws_spot_instance_request",
        "aws_scheduler_schedule_group",
        "aws_sfn_state_machine",
        "aws_iam_role",
        "aws_iam_instance_profile",
        "aws_budgets_budget",
    }
)


OF_KINDS = {
    "aws_ebs_volume": DISK_GB,
    "aws_ebs_snapshot": SNAPSHOT_GB,
    "aws_ami": SNAPSHOT_GB,
    "aws_eip": ADDRESS,
    "aws_nat_gateway": NAT,
    "aws_vpc_endpoint": ENDPOINT,
}


class UnitPrices(Protocol):
    """The prices of one region."""

    def fetch(self, names: Iterable[str]) -> None:
        """Ask for several at the same time."""

    def on_demand(self, instance_type: str) -> Price:
        """Return the price of a type."""

    def spot(self, instance_type: str, zone: str = "") -> Price:
        """Return the price of a type on the spot market of a zone."""

    def disk(self, size_gb: int, *, iops: int = 0, throughput_mib_s: int = 0) -> Price:
        """Return the price of a gp3 volume."""

    def snapshot(self, size_gb: float) -> Price:
        """Return the price of so many GB in snapshots."""

    def address(self) -> Price:
        """Return the price of a public address."""

    def nat_gateway(self) -> Price:
        """Return the price of a NAT gateway."""

    def endpoint(self) -> Price:
        """Return the price of an interface endpoint in one zone."""


def asked_for(things: Sequence[TaggedResource]) -> list[str]:
    """Return which prices have to be known for these, by the names that the price list has for them."""
    names = {OF_KINDS[it.kind] for it in things if it.kind in OF_KINDS}
    names |= {(spot_name if it.is_spot else on_demand_name)(it.instance_type) for it in things if it.runs}
    return sorted(names | {ADDRESS for it in things if it.runs and it.has_address})


def price(thing: TaggedResource, prices: UnitPrices) -> Price:
    """Return what something costs an hour as it is now; what it holds or sends comes on top."""
    match thing.kind:
        case "aws_instance":
            return _host(thing, prices) if thing.runs else FREE
        case "aws_ebs_volume" if thing.volume_type == "gp3":
            return prices.disk(thing.size_gb, iops=thing.iops, throughput_mib_s=thing.throughput_mib_s)
        case "aws_ebs_volume":
            return Price(usd_h=None, why=f"the price of {thing.volume_type} volumes is not asked for")
        case "aws_ebs_snapshot" | "aws_ami":
            return prices.snapshot(thing.size_gb)  # at most: AWS bills the blocks that are in use
        case "aws_eip":
            return prices.address()
        case "aws_nat_gateway":
            return prices.nat_gateway()
        case "aws_vpc_endpoint":
            return times(prices.endpoint(), thing.zones) if thing.zones else FREE
        case kind if kind in COSTS_NOTHING:
            return FREE
    return Price(usd_h=None, why=f"gpuinfra makes nothing of {thing.kind}")


def times(one: Price, number: int) -> Price:
    """Return the price of several."""
    usd_h = None if one.usd_h is None else one.usd_h * number
    return Price(usd_h=usd_h, asked_at=one.asked_at, why=one.why)


def _host(thing: TaggedResource, prices: UnitPrices) -> Price:
    """Return the price of a host that runs, with the public address that came with it."""
    kind, zone = thing.instance_type, thing.availability_zone
    host = prices.spot(kind, zone) if thing.is_spot else prices.on_demand(kind)
    address = prices.address() if thing.has_address else FREE
    if host.usd_h is None or address.usd_h is None:
        return Price(usd_h=None, why=host.why or address.why)
    return Price(usd_h=host.usd_h + address.usd_h, asked_at=host.asked_at)
