"""What is looked at of the capacity reservation, or the Capacity Block, that a new host is for."""

from dataclasses import replace
from datetime import UTC, datetime

from gpuinfra.features.capacity.reserved import summary, trouble
from gpuinfra.features.doctor.finding import Finding, bad, ok
from gpuinfra.features.doctor.situation import AccountSituation

NAME = "reservation"


def reservation(it: AccountSituation) -> Finding:
    """Look whether the host fits into it, and whether it has begun and has a place left."""
    settings, here = it.settings, datetime.now(UTC).astimezone()
    if not settings.capacity_reservation_id:
        return ok(NAME, "none is asked for")
    found = it.reservation()
    if wrong := trouble(found, settings, _zones(it), here):
        return bad(NAME, wrong.text, wrong.hint)
    assert found  # noqa: S101 - else that is the trouble
    now = summary(found, stack=settings.stack)
    line = replace(now, told=now.ends_at).line(here)  # `up` tells it to the host
    return ok(NAME, f"{line}; {found.instance_type} in {found.zone}, {found.free} free")


def _zones(it: AccountSituation) -> list[str]:
    """Return the zones that a host may be in, empty for any that the default VPC has a subnet in."""
    if not it.settings.subnet_id:
        return [it.others.zone] if it.others.zone else list(it.settings.zones)
    return [place.zone for place in it.network() or ()]
