"""The end of a lease at AWS: read, and moved to where what has been spent puts it, before a host starts.

A stopped host counts as running until somebody moves the end: one that nobody moves comes too early.
"""

import re
import time

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money import lease_move, lease_text, lease_use
from gpuinfra.features.money.lease import STOP, Lease, LeaseNow, LeaseUse
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.ground.errors import CloudError, ConfigError, HostError, MayNot
from gpuinfra.ground.model import Host, Instance, Record, ScheduleStart, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World

STAGE = re.compile(r'\.aws_scheduler_schedule\.lease\["([a-z-]+)"\]$')
GONE = ("terminated", "shutting-down")


def schedules(record: Record) -> dict[str, str]:
    """Return the id of the schedule of each stage."""
    found = {name: STAGE.search(address) for address, name in record.resources.items()}
    return {stage[1]: name for name, stage in found.items() if stage}


def now(world: World, record: Record, host: Host, instance: Instance, *, asks: bool) -> LeaseNow | None:
    """Return how the lease of a host stands; None where there is none.

    asks: AWS, for prices that are not known.
    """
    lease = leases.applied(record)
    if lease is None:
        return None
    start, untold = None, ""
    try:
        start = start_of(world.cloud(host.region, None), record)
    except CloudError as error:  # who may not ask sees all else
        untold = error.message
    until = start.now if start else time.time()
    use = lease_use.of_host(world, lease, record, host, instance, until=until, asks=asks)
    return LeaseNow(lease=lease, use=use, start=start, instance=instance, untold=untold)


def require(world: World, cloud: Cloud, host: Host, instance: Instance) -> LeaseNow | None:
    """Return how the lease stands for a host that is to start as the type that `host` has.

    Raises:
        ConfigError: the lease is used up, or its price is not known.
        HostError: AWS has no schedule that would end the host.
    """
    record = world.state.read()
    lease = leases.applied(record)
    if lease is None:
        return None
    start = start_of(cloud, record)
    if start is None:
        message = f"nothing would end the host {host.instance_id}: AWS has no schedule of its lease any more"
        raise HostError(message, hint=f"{command('up', host.stack)}   # makes it again, and starts the host")
    use = lease_use.of_host(
        world, lease, record, host, instance, until=start.now, instance_type=host.instance_type
    )
    if leases.is_used_up(lease, use):
        raise used_up(lease, use, host.stack)
    is_same = host.instance_type == instance.instance_type
    if leases.left_s(lease, use) is None and not (is_same and start.begins - start.now > leases.LEAST_S):
        raise unknown_price(use, host.stack)
    return LeaseNow(lease=lease, use=use, start=start, instance=instance)


def before_start(world: World, cloud: Cloud, host: Host, instance: Instance) -> None:
    """Move the end before a host starts, as the type that `host` has; raises as `require`.

    Who may not move it starts the host all the same, but for an end that would come too late, or is past.
    """
    lease_now = require(world, cloud, host, instance)
    if lease_now is None or lease_now.start is None:
        return
    end = leases.end(lease_now.lease, lease_now.use, now=lease_now.start.now)
    if end is None:  # that of before, when the host counted as running all the time, is early enough
        world.reporter.say(f"lease: its end stays where it is, no price is known ({lease_now.use.why})")
        return
    try:
        lease_move.move(
            cloud, schedules(world.state.read()), lease_now.lease, lease_now.start, end, host.stack
        )
    except MayNot as error:
        if end < lease_now.start.begins or lease_now.start.begins - lease_now.start.now < leases.LEAST_S:
            raise MayNot(
                f"the end of the lease has to be moved before a start: {error.message}",
                hint=f"{command('start', host.stack)}   # by who made the host",
            ) from None
        world.reporter.say("lease: its end stays where it is, earlier than it could be: you may not move it")


def before_resize(world: World, cloud: Cloud, host: Host, instance: Instance) -> None:
    """Move the end before a stopped host becomes the type that `host` has: who starts it then may not be us.

    Raises:
        ConfigError: the price of that type is not known.
    """
    record = world.state.read()
    lease, start = leases.applied(record), start_of(cloud, record)
    if lease is None or start is None:
        return
    use = lease_use.of_host(
        world, lease, record, host, instance, until=start.now, instance_type=host.instance_type
    )
    end = leases.end(lease, use, now=start.now)
    if end is None:
        raise unknown_price(use, host.stack)
    lease_move.move(cloud, schedules(record), lease, start, end, host.stack)


def renew(world: World, record: Record, host: Host, *, dearer: Settings | None = None) -> LeaseNow | None:
    """Move the end of a host to where it belongs by now. dearer: the host may become what these values say.

    Raises:
        CloudError: AWS refuses.
    """
    lease = leases.applied(record)
    if lease is None:
        return None
    cloud = world.cloud(host.region, None)
    start, instance = start_of(cloud, record), cloud.instance(host.instance_id)
    if start is None or instance is None or instance.state in GONE:
        return None
    use = lease_use.of_host(world, lease, record, host, instance, until=start.now)
    if dearer:
        use = _dearest(use, lease_use.of_new_host(world, lease, dearer, record))
    end = leases.end(lease, use, now=start.now)
    if end is not None and not (dearer and end > start.begins):
        start = lease_move.move(cloud, schedules(record), lease, start, end, host.stack)
    return LeaseNow(lease=lease, use=use, start=start, instance=instance)


def summary(
    world: World, record: Record, host: Host, instance: Instance, *, asks: bool
) -> LeaseSummary | None:
    """Return how the lease of a host stands, for people; None where there is none."""
    found = now(world, record, host, instance, asks=asks)
    return lease_text.summary(found, host.stack) if found else None


def used_up(lease: Lease, use: LeaseUse, stack: str) -> ConfigError:
    """Return the refusal to start a host whose lease is used up."""
    extend = "lease extend --usd 10" if lease.is_of_money else "lease extend --hours 5"
    return ConfigError(
        f"the lease is used up: {lease.text(use.used)} of {lease.text(lease.limit)}",
        hint=f"{command(extend, stack)}   # then: {command('start', stack)}",
    )


def unknown_price(use: LeaseUse, stack: str) -> ConfigError:
    """Return the refusal of a lease in dollars without a price."""
    return ConfigError(
        f"max_usd needs a price, and none is known: {use.why or 'AWS told none'}",
        hint="set max_hours in place of max_usd in terraform.tfvars"
        f"   # it needs no prices; then: {command('up', stack)}",
    )


def _dearest(one: LeaseUse, other: LeaseUse) -> LeaseUse:
    """Return the use of the one, at the higher price of both."""
    prices = (one.an_hour, other.an_hour)
    dearer = None if prices[0] is None or prices[1] is None else max(prices[0], prices[1])
    return LeaseUse(used=one.used, an_hour=dearer, why=one.why or other.why)


def start_of(cloud: Cloud, record: Record) -> ScheduleStart | None:
    """Return when AWS ends the host; None where it has no such schedule."""
    name = schedules(record).get(STOP)
    return cloud.schedule_start(name) if name else None
