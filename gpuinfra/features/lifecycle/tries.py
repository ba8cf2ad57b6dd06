"""Asking EC2 in one place after the other, each told; and as another type, for which nothing is copied."""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress

from gpuinfra.features.capacity.walk import FailedTry, NothingLeftError, Pause, Places, Told, walk
from gpuinfra.features.lifecycle import elsewhere_text, power
from gpuinfra.features.money import lease_end
from gpuinfra.features.provision import later_start
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World


def walked(world: World, pools: Sequence[Pool], ask: Callable[[Pool], None]) -> None:
    """Ask each place once, until one has a host.

    Raises:
        NothingLeftError: none has one.
        GpuInfraError: of `ask`, where no other place would do.
    """

    def refused(one: FailedTry, left: Sequence[Pool]) -> None:
        world.reporter.say(elsewhere_text.refused(one, one.number + len(left)))

    def rest(_: Pause) -> None:
        """There is one round."""

    told = Told(refused=refused, rest=rest)
    walk(Places(left=list(pools)), ask, wait_s=0.0, clock=world.clock, told=told, jitter=lambda: 1.0)


def as_another_type(world: World, host: Host, instance: Instance, pools: Sequence[Pool]) -> bool:
    """Start a stopped host as one of these types; it has its own type again where none has room.

    One that EC2 goes on to start, after Ctrl-C or a lost answer, keeps the type that it is started as.
    """
    if has_started(world, host):
        return True
    cloud = power.cloud_of(world, host)

    def start(pool: Pool) -> None:
        there = dataclasses.replace(host, instance_type=pool.instance_type)
        cloud.set_type(host.instance_id, pool.instance_type)
        power.power_on(world, power.cloud_of(world, there), there, instance)

    try:
        walked(world, pools, start)
    except NothingLeftError:
        world.reporter.say(f"{host.instance_id} stays a {instance.instance_type}")
        _own_type_again(world, cloud, host, instance)
        return False
    except (GpuInfraError, KeyboardInterrupt):
        with suppress(GpuInfraError):  # what ended the tries is what is told
            now = cloud.instance(host.instance_id)
            if now and now.state == "stopped":
                _own_type_again(world, cloud, host, instance)
        raise
    return True


def _own_type_again(world: World, cloud: Cloud, host: Host, instance: Instance) -> None:
    cloud.set_type(host.instance_id, instance.instance_type)
    with suppress(ConfigError, CloudError):  # the next start moves it once more
        back = dataclasses.replace(host, instance_type=instance.instance_type)
        lease_end.before_resize(world, cloud, back, instance)


def has_started(world: World, host: Host) -> bool:
    """Let AWS start the host by itself no more, before it may run elsewhere; tell whether it just has.

    Raises:
        CloudError: AWS refuses: it may still start the host.
    """
    cloud = power.cloud_of(world, host)
    now = power.left_alone(world, cloud, host)
    if now.state in later_start.STANDS_STILL:
        return False
    power.power_on(world, cloud, host, now)
    return True
