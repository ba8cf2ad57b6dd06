"""The line that a login on the host shows: which stack it is, and what it costs."""

import time

from gpuinfra.features.money import prices
from gpuinfra.features.money.hourly import hourly
from gpuinfra.features.money.rate import recorded
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def login_line(world: World, host: Host) -> str:
    """Return it, by the prices that are kept: nobody is asked."""
    things = recorded(world.state.read(), host, None)
    costs = hourly(things, prices.of(world, host.region, asks=False)).brief()
    today, end = time.strftime("%Y-%m-%d", time.gmtime()), command("down", host.stack)
    return f"gpuinfra: stack {host.stack}, {costs}, as told on {today}; {end} ends the cost"
