"""The host as EC2 sees it now, and the wait for the state that a command asked for."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gpuinfra.features.money import ledger
from gpuinfra.ground.errors import STAYS_STOPPED, CloudError, HostError, Interrupted, NotReached
from gpuinfra.ground.model import Host, Instance, Row
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud, LiveView
from gpuinfra.ground.world import World

T = TypeVar("T")
POLL_S = 2.0
TIMEOUT_S = 900.0  # a host that does not hear the power button is cut off by EC2 after some minutes
GONE = ("terminated", "shutting-down")
# EC2 shows a start within seconds; a host that is stopped so long after one has been stopped again.
SHOWN_S = 30.0
LATE = "Server.InsufficientInstanceCapacity"


def existing(cloud: Cloud, host: Host) -> Instance:
    """Return the instance of a host.

    Raises:
        HostError: it is gone.
    """
    instance = cloud.instance(host.instance_id)
    if instance is None or instance.state in GONE:
        gone = f"the host {host.instance_id} is gone: it was terminated outside of gpuinfra"
        raise HostError(gone, hint=command("status", host.stack))
    return instance


def await_state(world: World, cloud: Cloud, host: Host, *wanted: str) -> Instance:
    """Wait until EC2 says that the host is in one of these states.

    Raises:
        CloudError: EC2 has stopped again what was to run, or gives no answer for 15 minutes.
        HostError: it is gone, or not there within 15 minutes.
        Interrupted: Ctrl-C; EC2 goes on.
    """
    began, was_pending = world.clock.now(), False
    try:
        with world.reporter.live(f"Waiting for EC2: {wanted[0]}") as view:
            look = partial(
                asked, world, view, partial(existing, cloud, host), began=began, timeout_s=TIMEOUT_S
            )
            while (instance := look()).state not in wanted:
                view.rows([Row(mark="now", text=f"{host.instance_id}: {instance.state}", since=began)])
                waited_s, was_pending = world.clock.now() - began, was_pending or instance.state == "pending"
                if instance.state == "stopped" and (was_pending or waited_s > SHOWN_S):
                    raise stopped_again(instance, host)
                _give_up(waited_s, instance, host)
                world.clock.sleep(POLL_S)
    except KeyboardInterrupt:
        message = f"stopped waiting; EC2 goes on until {host.instance_id} is {wanted[0]}"
        raise Interrupted(message, hint=command("status", host.stack)) from None
    ledger.seen(world, host, instance)
    return instance


def asked(world: World, view: LiveView, ask: Callable[[], T], *, began: float, timeout_s: float) -> T:
    """Return what AWS answers; where the connection breaks it goes on all the same, and is asked again.

    Raises:
        NotReached: it did not answer until the time was up.
    """
    while True:
        try:
            return ask()
        except NotReached:
            if world.clock.now() - began > timeout_s:
                raise
        view.rows([Row(mark="now", text="AWS does not answer; it is asked again", since=began)])
        world.clock.sleep(POLL_S)


def stopped_again(instance: Instance, host: Host) -> CloudError:
    """Return the error for a host that EC2 began to start, and stopped: mostly for lack of capacity."""
    why = f"{instance.reason or 'it does not say why'}{STAYS_STOPPED}"
    again = f"{command('start', host.stack)}   # again, later"
    error = CloudError(f"EC2 said yes and stopped {host.instance_id} again: {why}", hint=again)
    if LATE in instance.reason:
        error.code = LATE.partition(".")[2]
    return error


def _give_up(waited_s: float, instance: Instance, host: Host) -> None:
    if waited_s > TIMEOUT_S:
        still = f"{host.instance_id} is still {instance.state} after 15 minutes"
        raise HostError(still, hint=command("logs --console", host.stack))
