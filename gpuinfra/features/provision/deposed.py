"""An old host that waits in Terraform's record to be deleted: what replaced it was killed."""

from gpuinfra.features.provision import progress
from gpuinfra.features.provision.outcome import check
from gpuinfra.ground.model import Record
from gpuinfra.ground.world import World


def without_ended(world: World, record: Record) -> Record:
    """Return the record without such a host where AWS has ended it already.

    With it an apply would crash: Terraform 1.11 looks twice at the conditions of a resource that has an old
    object which is gone ("duplicate status report").

    Raises:
        GpuInfraError: AWS or Terraform refuses; or another run goes on.
    """
    if not any("(deposed " in address for address in record.resources):
        return record
    refresh(world)
    return world.state.read()


def refresh(world: World) -> None:
    """Write what AWS shows into the record; Terraform refuses as long as another run of it goes on.

    Raises:
        GpuInfraError: AWS or Terraform refuses.
    """
    settings = world.state.read().settings or world.values.read()
    with progress.shown(world, "Looking at what there is") as on_progress:
        terraform = world.terraform()
        terraform.init()
        outcome = terraform.refresh(on_progress=on_progress)
    check(world, outcome, settings)
