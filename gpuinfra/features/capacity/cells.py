"""The places that terraform.tfvars lets a host be asked for in, in order. Pure."""

from collections.abc import Sequence

from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool, pools_of


def cells(settings: Settings) -> tuple[Pool, ...]:
    """Return the places: market by market, type by type, zone by zone if any is named.

    Without a zone EC2 looks in all of them at once, which is one try for each type and market.
    """
    return pools_of(settings.market, settings.types, settings.zones or ("",))


def place_of(found: Pool, places: Sequence[Pool], recorded: Pool | None) -> Pool | None:
    """Return the place that a host stands in by which Terraform plans no change of it; None: in none of them.

    found: with its zone. recorded: kept where it is right, also in a zone that EC2 advised.
    """
    if not any(covers(place, found) for place in places):
        return None
    if recorded and covers(recorded, found):
        return recorded
    return next(place for place in places if covers(place, found))


def covers(place: Pool, found: Pool) -> bool:
    """Tell whether a host there is what was asked for in a place."""
    is_same = (place.instance_type, place.market) == (found.instance_type, found.market)
    return is_same and place.zone in ("", found.zone)
