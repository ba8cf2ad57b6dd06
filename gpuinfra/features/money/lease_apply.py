"""The lease at an apply: what Terraform and the user are told of it, and the end moved afterwards."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from gpuinfra.features.money import lease as leases
from gpuinfra.features.money import lease_end, lease_text, lease_use
from gpuinfra.features.money.lease import Lease, LeaseUse
from gpuinfra.features.money.rates import HOUR_S
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Host, Instance, Record, ScheduleStart, Settings
from gpuinfra.ground.pool import SPOT
from gpuinfra.ground.when import HERE
from gpuinfra.ground.world import World


def values(world: World, settings: Settings, *, record: Record | None = None) -> dict[str, object]:
    """Return what Terraform cannot know: for how many hours the host may run from an apply on.

    record: of the host that there will be, where that is not the one that is recorded now.

    Raises:
        ConfigError: the price is not known, and no end is in force that could stay.
    """
    lease = leases.wanted(settings)
    if lease is None:
        return {}
    record = record or world.state.read()
    use, start = _use_before_apply(world, lease, settings, record)
    left = leases.left_s(lease, use)
    if left is None and start and lease == leases.applied(record):
        left = start.begins - start.now
    return _values(left, use, settings)


def values_of_unrecorded(world: World, settings: Settings, instance: Instance) -> dict[str, object]:
    """Return the same for a host that lives and that no state names: what it has used counts, too.

    Raises:
        ConfigError: the price is not known.
    """
    lease = leases.wanted(settings)
    if lease is None:
        return {}
    use = lease_use.of_unrecorded_host(world, lease, settings, instance, until=time.time())
    return _values(leases.left_s(lease, use), use, settings)


def _values(left_s: float | None, use: LeaseUse, settings: Settings) -> dict[str, object]:
    if left_s is None:
        raise lease_end.unknown_price(use, settings.stack)
    return {"lease_hours": round(max(0.0, left_s - leases.MARGIN_S) / HOUR_S, 4)}


def told(world: World, settings: Settings, record: Record) -> list[str]:
    """Return what an apply does to the lease, as lines; nothing where it stays."""
    text = lease_text.changed(leases.applied(record), leases.wanted(settings))
    return [text + _from_now_on(values(world, settings), settings)] if text else []


def told_of_unrecorded(given: Mapping[str, object], settings: Settings) -> list[str]:
    """Return what is left to a host that no state names; given: its values."""
    lease = leases.wanted(settings)
    return [lease_text.changed(None, lease) + _from_now_on(given, settings)] if lease else []


def _from_now_on(given: Mapping[str, object], settings: Settings) -> str:
    hours, is_spot = given.get("lease_hours"), settings.place.market == SPOT
    if not isinstance(hours, float):
        return ""
    return f": {lease_text.from_now_on(hours, settings.stopped_days, is_spot=is_spot)}"


def renewed(world: World, host: Host, *, is_late: bool = False) -> None:
    """Move the end of the lease to where it belongs, and say it.

    Where that fails, the end that Terraform has set comes too early. is_late: it may come too late.
    """
    say = world.reporter.say
    try:
        now = lease_end.renew(world, world.state.read(), host)
    except GpuInfraError as error:
        early = "" if is_late else ", it comes earlier than it has to"
        say(f"the end of the lease was not moved{early}: {error.message}")
        return
    if now:
        say(f"lease: {lease_text.summary(now, host.stack).line(datetime.now(HERE))}")


def after_failure(world: World, before: Record) -> None:
    """Move the end where an apply that failed has recorded another limit: Terraform plans none any more.

    before: what was recorded. The first error is the one to be told; this says only how the lease stands.
    """
    with suppress(GpuInfraError):
        record = world.state.read()
        if record.host and leases.applied(record) not in (None, leases.applied(before)):
            renewed(world, record.host, is_late=True)


def _use_before_apply(
    world: World, lease: Lease, settings: Settings, record: Record
) -> tuple[LeaseUse, ScheduleStart | None]:
    planned, host = lease_use.of_new_host(world, lease, settings, record), record.host
    cloud = world.cloud(settings.region, settings) if host else None
    instance = cloud.instance(host.instance_id) if cloud and host else None
    if cloud is None or host is None or instance is None or instance.state in lease_end.GONE:
        return planned, None
    start = lease_end.start_of(cloud, record)
    until = start.now if start else time.time()
    use = lease_use.of_host(world, lease, record, host, instance, until=until)
    return LeaseUse(used=use.used, an_hour=planned.an_hour, why=planned.why or use.why), start
