"""Where a host stands, recorded so that Terraform plans it there, whatever was killed or edited."""

from collections.abc import Sequence

from gpuinfra.features.capacity.cells import cells, place_of
from gpuinfra.ground.model import Host, Instance, Record, Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.protocols import PoolRecord
from gpuinfra.ground.world import World

HOST_TYPE = "aws_instance"


def correct(world: World, settings: Settings, record: Record) -> Settings:
    """Let the record say where the host is that the state names, and nothing where there is none.

    It may be that of a try that was killed, of a host that has gone, or of lists that were edited since.
    """
    host, pool = record.host, settings.pool
    if not host and record.ids_of(HOST_TYPE) and pool and settings.allows(pool):
        return settings  # half made there
    return _recorded(world, settings, _pool_of(host) if host else None)


def correct_for(world: World, settings: Settings, host: Instance) -> Settings:
    """Let it say where a host is that AWS shows, and no state names yet."""
    return _recorded(world, settings, _pool_of(host))


def _pool_of(host: Host | Instance) -> Pool:
    return Pool(instance_type=host.instance_type, market=host.market, zone=host.availability_zone)


def put(record: PoolRecord, pool: Pool | None) -> None:
    """Record a place, or that there is none."""
    if pool:
        record.write(pool)
    else:
        record.delete()


def _recorded(world: World, settings: Settings, found: Pool | None) -> Settings:
    """Record it where it is one of several places: of a single one terraform.tfvars says all."""
    places = cells(settings)
    wanted = None
    if found and len(places) > 1:
        wanted = place_of(found, places, settings.pool) or _of_its_market(found, places)
    if wanted == settings.pool:
        return settings
    put(world.pool_record, wanted)
    right = world.values.read()
    if right.instance_type != settings.instance_type:
        world.user_data.write(right)  # it names the type
    return right


def _of_its_market(found: Pool, places: Sequence[Pool]) -> Pool | None:
    """Return the first place in which a host can have a type that is listed, for its own is so no more.

    It keeps its market and its disk: only where its zone is not allowed any more is it planned anew. None:
    that is what the first place says.
    """
    same = (it for it in places if it.market == found.market and it.zone in ("", found.zone))
    first = next(same, places[0])
    return None if first == places[0] else first
