"""What moto lacks on our path, one concern per module; applied once, in the simulator's own process."""

from gpuinfra.simulator.api.patches import (
    account,
    attributes,
    budgets,
    capacity,
    console,
    hung,
    images,
    launch,
    made_images,
    metadata_tags,
    monitoring,
    network,
    one_time_spot,
    parameters,
    policies,
    quota_limits,
    quotas,
    regions,
    registries,
    reservations,
    sessions,
    spot,
    spot_prices,
    states,
    volumes,
)
from gpuinfra.simulator.api.state import SimulatorState

_CONCERNS = (
    images,
    made_images,
    parameters,
    policies,
    quotas,
    regions,
    registries,
    sessions,
    states,
    hung,
    network,
    attributes,
    monitoring,
    console,
    volumes,
    spot,
    one_time_spot,
    spot_prices,
    metadata_tags,
    quota_limits,
    launch,
    capacity,
    reservations,
    account,
    budgets,
)


def apply_patches(state: SimulatorState) -> None:
    """Patch moto for the rest of this process."""
    for concern in _CONCERNS:
        concern.apply(state)
