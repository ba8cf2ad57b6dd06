"""What is looked at of the place that a host would get: type, quota, network."""

from collections.abc import Sequence

from gpuinfra.features.doctor.finding import Finding, bad, ok, unsure, warn
from gpuinfra.features.doctor.situation import AccountSituation, Situation
from gpuinfra.features.quota import sums
from gpuinfra.features.quota.ahead import needed_for, request_command
from gpuinfra.ground.account_facts import SubnetPlace, TypeOffer

X86 = "x86_64"  # what our bootstrap is for (terraform/type.tf)


def type_offered(it: AccountSituation) -> Finding:
    """Look whether the region, and the zones asked for, have the types.

    A type that no place could ever give is a mistake, also as one of several: `up` would stop when it is its
    turn. One that is only not offered here falls away.
    """
    name, prices = "instance type", f"gpuinfra prices --region {it.region}   # what there is"
    offers = {wanted: it.offer(wanted) for wanted in it.types}
    key = "instance_types" if len(it.types) > 1 else "instance_type (instance_types, where it is set)"
    if never := [why for wanted, offer in offers.items() if (why := _never(wanted, offer))]:
        return bad(name, "; ".join(never), f"{prices}; then set {key}")
    lacks = [why for offer in offers.values() if offer and (why := _lack(offer, it))]
    zones = "availability_zone" if it.others.zone else "zones"
    is_zone = all(offer.zones for offer in offers.values() if offer)
    hint = f"set {zones} in terraform.tfvars to what has it" if is_zone else f"{prices}; then set {key}"
    if len(lacks) == len(offers):
        return bad(name, "; ".join(lacks), hint)
    lacks += [why for offer in offers.values() if offer and (why := _lacks_in_part(offer, it))]
    if lacks:
        return warn(name, f"{'; '.join(lacks)}; the others are there", hint)
    return ok(name, "; ".join(_told(offer) for offer in offers.values() if offer))


def _never(wanted: str, offer: TypeOffer | None) -> str:
    if offer is None:
        return f"EC2 has no type {wanted}"
    if offer.architectures and X86 not in offer.architectures:
        return f"{wanted} runs {', '.join(offer.architectures)}, and gpuinfra sets up hosts of {X86} only"
    return ""


def _lack(offer: TypeOffer, it: AccountSituation) -> str:
    if not offer.zones:
        return f"{it.region} does not have {offer.name}"
    zones = [it.others.zone] if it.others.zone else list(it.settings.zones)
    if zones and not set(zones) & set(offer.zones):
        return f"{', '.join(zones)} has no {offer.name}; these zones have it: {', '.join(offer.zones)}"
    return ""


def _lacks_in_part(offer: TypeOffer, it: AccountSituation) -> str:
    """Return which of the zones asked for lack a type that another one of them has: they fall away."""
    zones = [zone for zone in it.settings.zones if zone not in offer.zones]
    return (
        f"{', '.join(zones)} has no {offer.name}"
        if zones and set(it.settings.zones) & set(offer.zones)
        else ""
    )


def _told(offer: TypeOffer) -> str:
    gpus = (
        f"{offer.gpu_count} NVIDIA GPU{'s' * (offer.gpu_count != 1)}" if offer.gpu_count else "no NVIDIA GPU"
    )
    return f"{offer.name}: {gpus}, {offer.vcpus} vCPUs, in {', '.join(offer.zones)}"


def quota(it: Situation) -> Finding:
    """Compare what the types need with what the account may have, less what runs."""
    own = it.record.ids_of("aws_instance")
    found = sums.check(it.quotas, needed_for(it.settings), without=own)
    lacking = [one for one in found if one.is_lacking]
    hint = request_command(lacking[0].instance_type, lacking[0].market, it.settings.stack) if lacking else ""
    hint += f" --region {it.region}" if lacking and it.is_other_region else ""
    if lacking and len(lacking) == len(found):
        return bad("quota", "; ".join(one.text for one in lacking), hint)
    if lacking:
        return warn("quota", "; ".join(one.text for one in lacking), hint)
    if untold := [one for one in found if one.missing is None]:
        return unsure("quota", "; ".join(one.text if one.limit is None else _why(one) for one in untold))
    beside = "; this stack's own host is not counted" if own else ""
    return ok("quota", "; ".join(one.text for one in found) + beside)


def _why(one: sums.QuotaSum) -> str:
    return f"{one.text}: not sure: {one.unsure}" if one.unsure else one.text


def makes_network(it: AccountSituation) -> bool:
    """Tell whether a network is made with the host."""
    return it.settings.access == "ssm" and bool(it.others.private_network) and not it.settings.subnet_id


def network(it: AccountSituation) -> Finding:
    """Look for a subnet where the type is, with room, and with a way out."""
    settings, name = it.settings, "network"
    if makes_network(it):
        return ok(name, "a private one is made with the host")
    found = it.network()
    if found is None and settings.subnet_id:
        return bad(name, f"there is no subnet {settings.subnet_id} in {it.region}", _subnets(it))
    if found is None:
        hint = f"aws ec2 create-default-vpc --region {it.region}   # or set subnet_id in terraform.tfvars"
        return bad(name, f"the account has no default VPC in {it.region}", hint)
    return _place(it, _fitting(it, found))


def _subnets(it: AccountSituation) -> str:
    return f"aws ec2 describe-subnets --region {it.region}   # set subnet_id in terraform.tfvars to one"


def _fitting(it: AccountSituation, places: Sequence[SubnetPlace]) -> list[SubnetPlace]:
    """Return the subnets in zones where the first type can be had; all, where nobody knows."""
    offer = it.first_offer()
    return [place for place in places if not offer or place.zone in offer.zones]


def _place(it: AccountSituation, fitting: Sequence[SubnetPlace]) -> Finding:
    name, is_open = "network", it.settings.access != "ssm"
    where = it.settings.subnet_id or "the default VPC"
    if not fitting:
        return bad(name, f"{where} has no subnet in a zone that has {it.types[0]}", _subnets(it))
    roomy = [place for place in fitting if place.free_addresses]
    if not roomy:
        return bad(name, f"{where} has no free address", _subnets(it))
    ways = {place.way_out for place in roomy}
    table = f"aws ec2 describe-route-tables --region {it.region}   # what leads out of it"
    if is_open and "internet gateway" not in ways:
        out = ", ".join(sorted(filter(None, ways)))
        led = f"leads out by {out}, which lets nobody in" if out else "has no route to the internet"
        return bad(name, f"{where} {led}: ssh could not reach a host there", table)
    if ways == {""}:
        text = f"{where} has no route to the internet; a private host needs endpoints of AWS there"
        return unsure(name, text, table)
    return ok(name, f"{where}, with a way out")
