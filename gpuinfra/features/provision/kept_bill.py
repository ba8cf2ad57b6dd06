"""The bills of two hosts, where `up --until-ready` has kept one beside the other."""

from collections.abc import Iterable
from dataclasses import replace

from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.closing import Closing
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.model import Instance, Record, Settings
from gpuinfra.ground.world import World


def closing_of(world: World, kept: KeptHost) -> Closing:
    """Return the bill of a kept host: of itself and its disk; all else goes on for the new one."""
    settings = kept.record.settings or world.values.read()
    own = {address: name for address, name in kept.record.resources.items() if address == INSTANCE}
    return Closing(world, settings, replace(kept.record, resources=own))


def closings(
    world: World, settings: Settings, record: Record, lost: Iterable[Instance], kept: KeptHost | None
) -> tuple[Closing, Closing | None]:
    """Return the bill of a stack, and that of the host that is kept beside the recorded one.

    Where the apply of the new one was cut off, the bill is that of the old one; the new one is named in it.
    """
    if kept is None or kept.instance_id in record.ids_of("aws_instance"):
        return Closing(world, settings, record), None
    if kept_host.is_whole(record):
        return Closing(world, settings, record), closing_of(world, kept)
    others = {f"{INSTANCE} (beside {n})": it.instance_id for n, it in enumerate(lost)}
    whole = {**record.resources, **others, INSTANCE: kept.instance_id}
    return Closing(world, settings, replace(record, host=kept.host, resources=whole)), None
