"""What Terraform is told at an apply that no file holds: the lease's hours, and the zone of a reservation."""

from gpuinfra.features.money import lease_apply
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
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
    if not name or settings.zones or settings.subnet_id or world.state.read().ids_of("aws_instance"):
        return {}
    try:
        found = world.account_reader(settings.region, settings).reservation(name)
    except GpuInfraError:
        return {}
    if found is None or not found.zone:
        return {}
    place = Pool(instance_type=settings.instance_type, market=settings.market, zone=found.zone)
    return {"pool": place.plain()}
