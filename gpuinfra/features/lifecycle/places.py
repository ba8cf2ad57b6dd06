"""Where a stopped host can come back, in the order in which EC2 is asked. Pure."""

from collections.abc import Mapping, Sequence

from gpuinfra.features.capacity.cells import cells
from gpuinfra.ground.model import Host, Instance, Record, Settings, TypeFacts
from gpuinfra.ground.pool import SPOT, Pool

NEED_GPU = ("nvidia", "aws-nvidia")


def unfit(facts: TypeFacts, instance: Instance, host: Host) -> str:
    """Return why a host's disk cannot run on a type, empty where it can."""
    if instance.architecture not in facts.architectures:
        has = " or ".join(facts.architectures)
        return f"it runs {has}, and the host's disk is for {instance.architecture}"
    if host.image in NEED_GPU and not facts.gpu_count:
        return f"it has no NVIDIA GPU, and the host's image {host.image} needs one"
    if host.image == "ubuntu" and facts.gpu_count:
        return "it has a GPU, and the host's image ubuntu has no driver for it"
    return ""


def why_reserved(instance: Instance) -> str:
    """Return why a host keeps its type, zone and market; empty where it need not."""
    name = instance.reservation_id
    return f"It was made for {name}, which is for {instance.instance_type} in its zone alone" if name else ""


def in_its_zone(settings: Settings, instance: Instance, fit: Mapping[str, TypeFacts]) -> list[Pool]:
    """Return the other types of terraform.tfvars, for which nothing has to be copied. fit: by type."""
    zone, market = instance.availability_zone, instance.market
    return [
        Pool(instance_type=name, market=market, zone=zone)
        for name in settings.instance_types
        if name != instance.instance_type and name in fit and zone in fit[name].zones
    ]


def with_a_copy(settings: Settings, instance: Instance, fit: Mapping[str, TypeFacts]) -> list[Pool]:
    """Return the places that need a copy of the disk: other zones first, then the other market.

    Where no zones are named, one call lets EC2 look in all of them.
    """
    asked = sorted(cells(settings), key=lambda pool: pool.market != instance.market)
    return [pool for pool in asked if pool.instance_type in fit and _has_another(pool, instance, fit)]


def _has_another(pool: Pool, instance: Instance, fit: Mapping[str, TypeFacts]) -> bool:
    """Tell whether a place is more than what has just been asked: the host's own zone and market."""
    offered = set(fit[pool.instance_type].zones)
    if pool.market == instance.market:
        offered -= {instance.availability_zone}
    return pool.zone in offered if pool.zone else bool(offered)


def why_it_stays(settings: Settings, record: Record, instance: Instance, pools: Sequence[Pool]) -> str:
    """Return why a host cannot be made elsewhere from a copy of its disk, empty where it can."""
    if settings.subnet_id or record.ids_of("aws_subnet"):
        whose = "subnet_id is" if settings.subnet_id else "its own network has a subnet"
        return f"It cannot go to another zone: {whose} in {instance.availability_zone} alone"
    # EC2's image of a host has all of its volumes: data would be copied, and the first left behind.
    if theirs := [*instance.other_volume_ids, *instance.other_interface_ids]:
        return (
            f"It cannot go to another zone: {', '.join(theirs)}, which somebody has attached to it, would"
            f" stay in {instance.availability_zone}; detach that first if the host can do without"
        )
    if pools:
        return ""
    asked = f"zones of terraform.tfvars: {', '.join(settings.zones)}; " if settings.zones else ""
    types = ", ".join(settings.instance_types) or instance.instance_type
    return f"No other zone can be asked for it ({asked}types: {types})"


def told(pool: Pool) -> str:
    """Return a place in words; as a spot host one that was stopped may come back in its own zone, too."""
    where = "in any zone" if pool.market == SPOT else "in another zone"
    return f"{pool}" if pool.zone else f"{pool} {where}"
