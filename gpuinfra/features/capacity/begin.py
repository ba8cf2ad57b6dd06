"""`up --wait` for a reservation that has not begun: its start is waited for, as far as the wait reaches."""

from datetime import UTC, datetime

from gpuinfra.features.capacity.reserved import NOT_YET, kind
from gpuinfra.features.money.lease_text import ends_in_words
from gpuinfra.ground.errors import GpuInfraError, Interrupted
from gpuinfra.ground.model import Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.reservation import Reservation, iso
from gpuinfra.ground.world import World

POLL_S = 30.0  # EC2 makes it active about then


def waited_s(world: World, settings: Settings, *, wait_s: float) -> float:
    """Wait for the start; return for how long that took. What is no wait, or too long, the checks refuse.

    Raises:
        Interrupted: Ctrl-C.
    """
    began = world.clock.now()
    found = _found(world, settings)
    if not found or found.state not in NOT_YET or not found.begins:
        return 0.0
    here = datetime.now(UTC).astimezone()
    left_s = (found.begins - here).total_seconds()
    if left_s > wait_s:
        return 0.0
    name = f"the {kind(found)} {found.reservation_id}"
    world.reporter.say(f"{name} begins {ends_in_words(iso(found.begins), here)}: waiting for it")
    try:
        world.clock.sleep(max(0.0, left_s))
        while _is_early(world, settings) and world.clock.now() - began + POLL_S <= wait_s:
            world.clock.sleep(POLL_S)
    except KeyboardInterrupt:
        hint = f"{command('up --wait 2h', settings.stack)}   # goes on waiting"
        raise Interrupted(
            f"stopped by Ctrl-C while waiting for {name}; nothing was made", hint=hint
        ) from None
    return world.clock.now() - began


def _is_early(world: World, settings: Settings) -> bool:
    found = _found(world, settings)
    return found is not None and found.state in NOT_YET


def _found(world: World, settings: Settings) -> Reservation | None:
    try:
        return world.account_reader(settings.region, settings).reservation(settings.capacity_reservation_id)
    except GpuInfraError:  # whoever may not ask finds out by asking for the host
        return None
