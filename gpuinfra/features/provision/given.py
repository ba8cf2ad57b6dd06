"""What Terraform is told at an apply that no file holds: the lease's hours, and the zone of a reservation."""

from gpuinfra.features.capacity.told_host import GONE
from gpuinfra.features.money import lease_apply
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.reservation import Reservation
from gpuinfra.ground.world import World


def values(world: World, settings: Settings) -> dict[str, object]:
    """Return the variables.

    Raises:
        ConfigError: the price of a lease is not known.
    """
    return {**lease_apply.values(world, settings), **_zone(world, settings)}


def _zone(world: World, settings: Settings) -> dict[str, object]:
    """Return where a new host of a reservation has to be, where terraform.tfvars leaves it open.

    One that is there keeps its zone. Who may not ask leaves it to EC2.
    """
    name = settings.capacity_reservation_id
    if not name or settings.zones or settings.subnet_id:
        return {}
    try:
        found = None if _is_there(world, settings) else _reservation(world, settings, name)
    except GpuInfraError:
        return {}
    if found is None or not found.zone:
        return {}
    place = Pool(instance_type=settings.instance_type, market=settings.market, zone=found.zone)
    return {"pool": place.plain()}


def _is_there(world: World, settings: Settings) -> bool:
    """Tell whether the host lives; one of a block that has ended is still in the state."""
    record = world.state.read()
    if not record.host:
        return bool(record.ids_of("aws_instance"))
    found = world.cloud(settings.region, settings).instance(record.host.instance_id)
    return found is not None and found.state not in GONE


def _reservation(world: World, settings: Settings, name: str) -> Reservation | None:
    return world.account_reader(settings.region, settings).reservation(name)
