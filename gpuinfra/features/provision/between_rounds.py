"""The wait between two rounds of `up --wait`, told with its end, and what Ctrl-C leaves."""

import time
from datetime import datetime

from gpuinfra.features.capacity import told
from gpuinfra.features.capacity.walk import Pause
from gpuinfra.features.provision.outcome import what_exists
from gpuinfra.ground.errors import Interrupted
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def rest(world: World, pause: Pause) -> None:
    """Wait for the next round, and show until when.

    Raises:
        Interrupted: Ctrl-C.
    """
    clock = world.clock.suspended_too
    shift = time.time() - clock.now()
    next_round, until = (datetime.fromtimestamp(at + shift) for at in (pause.ends, pause.until))
    line = told.waiting(pause.places, next_round=next_round, until=until)
    world.reporter.say(f"no place has a host: {line}")
    try:
        clock.sleep(max(0.0, pause.ends - clock.now()))
    except KeyboardInterrupt:
        stack = world.files.name
        raise Interrupted(
            f"stopped by Ctrl-C while waiting for a host. {what_exists(world.state.read(), [])}",
            hint=f"{command('up --wait 2h', stack)} (goes on) or {command('down', stack)} (removes it)",
        ) from None
