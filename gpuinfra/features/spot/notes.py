"""What users must know of a spot host, in one line each."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host, Settings
from gpuinfra.ground.world import World

MAY_BE_TAKEN = (
    "spot: EC2 may take the host back, with its disk, two minutes after a notice; an end by the guard is"
    " one, too. What is kept then: job start --save, --restart, on_stop.sh (gpuinfra drill times them)"
)


def market_line(settings: Settings, host: Host | None) -> str:
    """Return the line about the market; empty where the host is none of spot, and none is asked for."""
    market = host.market if host else settings.market  # a host that lives keeps its own
    return MAY_BE_TAKEN if market.startswith("spot") else ""


def tell_market(world: World) -> None:
    """Say it of a spot host; where there is none, if terraform.tfvars names the spot market."""
    try:
        line = market_line(world.values.read(), world.state.read().host)
    except ConfigError:  # the apply before has said what is wrong with it
        return
    if line:
        world.reporter.say(line)
