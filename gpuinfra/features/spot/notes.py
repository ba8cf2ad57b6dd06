"""What users must know of a spot host, in one line each."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.world import World

MAY_BE_TAKEN = (
    "spot: EC2 may take the host back, with its disk, two minutes after a notice; an end by the guard is"
    " one, too. What is kept then: job start --save, --restart, on_stop.sh (gpuinfra drill times them)"
)


def market_line(settings: Settings) -> str:
    """Return the line about the market; empty where no spot host is asked for."""
    return MAY_BE_TAKEN if settings.market.startswith("spot") else ""


def tell_market(world: World) -> None:
    """Say it, where terraform.tfvars names the spot market."""
    try:
        line = market_line(world.values.read())
    except ConfigError:  # the apply before has said what is wrong with it
        return
    if line:
        world.reporter.say(line)
