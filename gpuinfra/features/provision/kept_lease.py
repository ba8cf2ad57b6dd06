"""The leases of two hosts, while `up --until-ready` keeps one beside the other: each has its own, whole.

So each is ended by AWS at the sum that was written down for it. A lease that goes back into no record goes
with its host; what a kill leaves of one has the tags of the stack, and `down` and `leaks` find it.
"""

from gpuinfra.features.provision import leftovers
from gpuinfra.features.provision.kept_host import is_of_lease
from gpuinfra.ground.model import CloudResource, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What all else of a lease goes with.
KINDS = (leftovers.SCHEDULES, "aws_iam_role")


def end(world: World, of: Record) -> None:
    """Remove the lease of a host that has been ended, if the present record does not name it.

    Raises:
        GpuInfraError: AWS refuses.
    """
    known = set(world.state.read().resources.values())
    found = [
        CloudResource(kind=kind, resource_id=of.resources[address])
        for kind in KINDS
        for address in of.resources
        if f".{kind}." in address and is_of_lease(address) and of.resources[address] not in known
    ]
    if found:
        cloud = world.cloud(of.region, None)
        leftovers.remove_by(world, cloud, found, hint=command("up", world.files.name))
