"""What a stack's host costs an hour: with a plan before there is one, with the record once it lives. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from gpuinfra.features.money import questions
from gpuinfra.features.money.price_asker import on_demand_name, spot_name
from gpuinfra.features.money.prices import FREE_IOPS, FREE_MIB_S, Prices, total
from gpuinfra.features.money.rates import FREE, Item, Price, Rate
from gpuinfra.ground.model import Change, Host, Instance, Record, Settings
from gpuinfra.ground.pool import CAPACITY_BLOCK, ON_DEMAND, SPOT

SPOT_MARKET = SPOT
PAID_AHEAD = "paid in advance, with its Capacity Block"
HOST, DISK, ADDRESS, NAT = "host", "disk", "address", "NAT gateway"
FIXED_ADDRESS, NAT_GATEWAY, HOST_ADDRESS = ".aws_eip.this[", ".aws_nat_gateway.", ".aws_instance.this"


@dataclass(frozen=True, kw_only=True)
class BilledThings:
    """What of a stack AWS bills by time. has_address: while it runs; a fixed one is there always."""

    instance_type: str
    market: str = ON_DEMAND
    zone: str = ""
    disk_gb: int
    iops: int | None = FREE_IOPS
    throughput_mib_s: int | None = FREE_MIB_S
    has_address: bool = True
    has_fixed_address: bool = False
    nat_gateways: int = 0

    def names(self) -> list[str]:
        """Return what has to be asked for to know the rate, and what another market would cost."""
        types = [on_demand_name(self.instance_type), spot_name(self.instance_type)]
        return [*types, questions.DISK_GB, questions.ADDRESS, *([questions.NAT] if self.nat_gateways else [])]


def planned(settings: Settings, record: Record, changes: Collection[Change]) -> BilledThings:
    """Return what there will be after an apply."""
    goes = {change.address for change in changes if change.action == "delete"}
    comes = {change.address for change in changes if change.action in ("create", "replace")}
    return _things(
        (record.resources.keys() - goes) | comes,
        iops=settings.root_volume_iops,
        throughput_mib_s=settings.root_volume_throughput_mib_s,
        instance_type=settings.instance_type,
        market=settings.place.market,
        zone=settings.place.zone,
        disk_gb=settings.root_volume_size_gb,
        has_address=_planned_address(settings, changes),
    )


def recorded(
    record: Record, host: Host, now: Instance | None, settings: Settings | None = None
) -> BilledThings:
    """Return what there is of a host that lives; `settings`: its disk is as they say, not as was recorded."""
    return _things(
        record.resources.keys(),
        iops=settings.root_volume_iops if settings else record.disk_iops,
        throughput_mib_s=settings.root_volume_throughput_mib_s if settings else record.disk_throughput_mib_s,
        instance_type=now.instance_type if now else host.instance_type,
        market=now.market if now else host.market,
        zone=now.availability_zone if now else host.availability_zone,
        disk_gb=host.root_volume_size_gb,
        has_address=bool(now.public_ip) if now and now.state == "running" else True,
    )


def _planned_address(settings: Settings, changes: Collection[Change]) -> bool:
    """Tell whether a host has an address without a NAT gateway: in the default VPC it is its way out."""
    host = next((it for it in changes if it.address.endswith(HOST_ADDRESS)), None)
    asked = [it.after for it in (host.attributes if host else ()) if it.name == "associate_public_ip_address"]
    if settings.access != "ssm" or settings.subnet_id is None:
        return True
    return "true" in asked  # by the routes of the chosen subnet


def _things(
    addresses: Collection[str],
    *,
    iops: int | None,
    throughput_mib_s: int | None,
    instance_type: str,
    disk_gb: int,
    has_address: bool,
    market: str = ON_DEMAND,
    zone: str = "",
) -> BilledThings:
    nat = sum(NAT_GATEWAY in f".{it}" for it in addresses)
    return BilledThings(
        instance_type=instance_type,
        market=market,
        zone=zone,
        disk_gb=disk_gb,
        iops=iops,
        throughput_mib_s=throughput_mib_s,
        has_address=has_address and not nat,
        has_fixed_address=any(FIXED_ADDRESS in f".{it}" for it in addresses),
        nat_gateways=nat,
    )


def rate_of(things: BilledThings, prices: Prices) -> Rate:
    """Return the price of each, running and stopped."""
    disk = prices.disk(things.disk_gb, iops=things.iops, throughput_mib_s=things.throughput_mib_s)
    items = [
        Item(name=HOST, running=host_price(things, prices), stopped=FREE),
        Item(name=DISK, running=disk, stopped=disk),
    ]
    if things.has_address or things.has_fixed_address:
        address = prices.address()
        items.append(
            Item(name=ADDRESS, running=address, stopped=address if things.has_fixed_address else FREE)
        )
    if things.nat_gateways:
        nat = total([prices.nat_gateway(), prices.address()] * things.nat_gateways)
        items.append(Item(name=NAT, running=nat, stopped=nat))
    return Rate(items=tuple(items))


def without_host(rate: Rate) -> Rate:
    """Return what goes on when a host is no more, nor its disk: a fixed address, a NAT gateway."""
    return Rate(items=tuple(it for it in rate.items if it.name not in (HOST, DISK)))


def host_price(things: BilledThings, prices: Prices) -> Price:
    """Return the price of the instance alone, on its market."""
    if things.market == SPOT_MARKET:
        return prices.spot(things.instance_type, things.zone)
    if things.market == CAPACITY_BLOCK:
        return Price(usd_h=None, why=PAID_AHEAD, is_paid_ahead=True)
    return prices.on_demand(things.instance_type)
