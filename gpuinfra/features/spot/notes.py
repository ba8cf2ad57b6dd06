"""What users must know of a spot host, in one line each."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.pool import SPOT
from gpuinfra.ground.world import World

MAY_BE_TAKEN = (
    "spot: EC2 may take the host back, with its disk, two minutes after a notice; an end by the guard is"
    " one, too. What is kept then: job start --save, --restart, on_stop.sh (gpuinfra drill times them)"
)


def tell_market(world: World) -> None:
    """Say it of a spot host; where there is none yet, where terraform.tfvars names that market."""
    try:
        host = world.state.read().host
        market = host.market if host else world.values.read().market
    except ConfigError:  # the apply before has said what is wrong with it
        return
    if market.startswith(SPOT):
        world.reporter.say(MAY_BE_TAKEN)
