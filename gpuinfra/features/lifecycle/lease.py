"""`lease`: how the lease of the host stands; `lease extend`: more of it, after the new sum was shown."""

from collections.abc import Callable

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.state_wait import existing
from gpuinfra.features.money import lease as leases
from gpuinfra.features.money import lease_end
from gpuinfra.features.money.lease import Lease
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

Apply = Callable[[World], Host]


def lease(world: World) -> LeaseSummary:
    """Return how the lease of the host stands.

    Raises:
        HostError: there is no host.
        ConfigError: it has no lease.
    """
    host, record = world.recorded_host(), world.state.read()
    instance = existing(power.cloud_of(world, host), host)
    found = lease_end.summary(world, record, host, instance, asks=True)
    if found is None:
        raise _without(host)
    return found


def extend(world: World, *, usd: float, hours: float, apply: Apply) -> LeaseSummary:
    """Let the host cost, or run, so much more: into terraform.tfvars, then applied, after a question.

    apply: makes the host as terraform.tfvars says; it shows the old and the new sum, and asks.

    Raises:
        ConfigError: it has no lease, or one of another kind; or terraform.tfvars says another one already.
        Declined: the user said no. Here and wherever nothing came of it terraform.tfvars is as it was.
        HostError: the host is gone: an apply would make, and bill, another one.
    """
    host = world.recorded_host()
    old, written = leases.applied(world.state.read()), leases.wanted(settings_of(world))
    if old is None:
        raise _without(host)
    name, more = _more(old, usd, hours, host.stack)
    if written is None or written.limit != old.limit or written.is_of_money != old.is_of_money:
        says = written.text(written.limit) if written else "no lease"
        message = f"terraform.tfvars says {says}, and {old.text(old.limit)} are in force"
        raise ConfigError(message, hint=f"{command('up', host.stack)}   # applies what it says")
    existing(power.cloud_of(world, host), host)
    world.values.change({name: _number(old.limit + more)})
    try:
        apply(world)
    except BaseException:  # Ctrl-C, too: the next `up` must not make longer what nobody agreed to
        if leases.applied(world.state.read()) == old:
            world.values.change({name: _number(old.limit)})
        raise
    return lease(world)


def _more(old: Lease, usd: float, hours: float, stack: str) -> tuple[str, float]:
    """Return the variable that changes, and by how much."""
    more = usd if old.is_of_money else hours
    option = "--usd 10" if old.is_of_money else "--hours 5"
    if not 0 < more < float("inf") or (usd and hours):
        message = f"the lease is one of {old.text(old.limit)}; say by how much it is to be longer, above 0"
        raise ConfigError(message, hint=command(f"lease extend {option}", stack))
    return ("max_usd" if old.is_of_money else "max_hours"), more


def _without(host: Host) -> ConfigError:
    message = f"the host {host.instance_id} has no lease: AWS lets it run, and cost, for ever"
    return ConfigError(
        message, hint=f"set max_usd = 20 in terraform.tfvars   # then: {command('up', host.stack)}"
    )


def _number(value: float) -> float:
    """Return a number as people write it: 30, not 30.0."""
    return int(value) if value == int(value) else round(value, 4)
