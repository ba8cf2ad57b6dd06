"""A move of a host that an earlier `start` began and did not end: what there is now decides how it goes on.

Without a copy of the disk nothing is half moved: a move begins with one, and ends with its removal.
"""

from collections.abc import Collection, Sequence

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.state_wait import GONE
from gpuinfra.features.provision import deposed
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import World


def new_host(world: World, host: Host, copies: Sequence[DiskCopy]) -> tuple[DiskCopy, Instance] | None:
    """Return the host that was made from a copy and that Terraform has recorded in part, with the copy.

    In part: the old one is in its state yet, or its outputs name that one. A new host that it does not know
    is terminated: nobody has used it, and the copy is still there.

    Raises:
        GpuInfraError: AWS or Terraform refuses; or the run that made it still goes on.
    """
    made = [pair for pair in _made_of(world, host, copies) if _is_half_moved(world, host, *pair)]
    for _, new in made:
        if new.instance_id in _known(world):
            world.pool_record.write(place_of(new))  # else Terraform takes it for a host of another market
    if made:
        deposed.refresh(world)  # another run may be about to record it
    known, cloud = _known(world), power.cloud_of(world, host)
    for copy, new in made:
        if new.instance_id in known:
            world.reporter.say(f"an earlier start has made {new.instance_id} for {copy.instance_id}")
            return copy, new
        world.reporter.say(f"terminating {new.instance_id}, which an earlier start left half made")
        cloud.terminate([new.instance_id])
    return None


def _is_half_moved(world: World, host: Host, copy: DiskCopy, new: Instance) -> bool:
    is_recorded = new.instance_id in _known(world) and new.instance_id == host.instance_id
    return not is_recorded or copy.instance_id in _known(world)


def is_gone(world: World, host: Host) -> bool:
    """Tell whether a host has been terminated, by whomever: of its disk there is the copy alone."""
    instance = power.cloud_of(world, host).instance(host.instance_id)
    return instance is None or instance.state in GONE


def place_of(new: Instance) -> Pool:
    """Return where an instance is."""
    return Pool(instance_type=new.instance_type, market=new.market, zone=new.availability_zone)


def _known(world: World) -> Collection[str]:
    return world.state.read().ids_of("aws_instance")


def _made_of(world: World, host: Host, copies: Sequence[DiskCopy]) -> list[tuple[DiskCopy, Instance]]:
    """Return the hosts that were made from copies, each with its copy."""
    tags = world.state.read().tags
    found = power.cloud_of(world, host).tagged_instances(tags) if tags else []
    by_image = {copy.image_id: copy for copy in copies}
    return [(by_image[it.ami_id], it) for it in found if it.ami_id in by_image]
