"""What moto lacks on our path, one concern per module; applied once, in the simulator's own process."""

from gpuinfra.simulator.patches import (
    console,
    images,
    launch,
    monitoring,
    network,
    parameters,
    quotas,
    spot,
    states,
    volumes,
)
from gpuinfra.simulator.world import World


def apply_patches(world: World) -> None:
    """Patch moto for the rest of this process."""
    for patch in (images, parameters, quotas, states, network, monitoring, console, volumes, spot, launch):
        patch.apply(world)
