"""The kept host in words: where it is, and what both hosts cost meanwhile."""

from gpuinfra.features.money import cost, rate
from gpuinfra.features.money.hourly import HourlyCost, usd
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rates import RUNNING
from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

NO_PRICE = "unknown (allow pricing:GetProducts)"


def beforehand(old: Host, record: Record, new: HourlyCost, prices: Prices) -> list[str]:
    """Return what keeping the old host means, before anybody agrees."""
    old_usd_h = rate.rate_of(rate.recorded(record, old, None), prices).usd_h(RUNNING)
    costs = f"{_usd_h(old_usd_h)} and {_usd_h(new.rate.usd_h(RUNNING))} USD an hour"
    lines = [f"! {old.instance_id} is kept until the new host is proven; until then both cost money: {costs}"]
    if record.outputs.get("lease"):
        lines.append(
            f"! the lease goes over to the new host at once: meanwhile {old.instance_id} is ended by its"
            " guard, if it has one, or by you"
        )
    return lines


def line(world: World, kept: KeptHost) -> str:
    """Return where both hosts are and what they cost; by prices that are kept, EC2 is asked."""
    record = world.state.read()
    host = record.host
    new = f"{host.instance_id} is the host that is recorded. " if host else ""
    old = _instance(world, kept.host)
    both = [_rate(world, kept.record, kept.host, old)]
    both += [_rate(world, record, host, _instance(world, host))] if host else []
    sums = [it for it in both if it is not None]
    total = f"{usd(sum(sums))} USD" if len(sums) == len(both) else NO_PRICE
    return f"{new}{_where(kept, old)} is kept; both together cost {total} an hour"


def row(world: World) -> str:
    """Return it for `status`; empty where none is kept. EC2 is asked for it, once."""
    kept = kept_host.read(world.files)
    if kept is None:
        return ""
    record, stack = world.state.read(), world.files.name
    now = _instance(world, kept.host)
    if not kept_host.is_whole(record) or kept.instance_id in record.ids_of("aws_instance"):
        return f"{kept.instance_id}: a run was cut off; {command('up', stack)} puts in order what it left"
    if now is None or now.state in kept_host.GONE:
        return f"{kept.instance_id} was kept, and is gone; {command('up', stack)} notes it"
    costs = _rate(world, kept.record, kept.host, now)
    money = f"{usd(costs)} USD" if costs is not None else NO_PRICE
    return (
        f"{_where(kept, now)}, {money} an hour, until the new one is proven: {command('up', stack)} ends it"
        f" then, {command('recover', stack)} goes back to it"
    )


def both_stay(world: World, kept: KeptHost, error: GpuInfraError) -> GpuInfraError:
    """Return an error that tells of both hosts, too, and one next command."""
    stack = world.files.name
    ways = (
        f"{command('recover', stack)}   # goes back to {kept.instance_id}. Or mend it, then"
        f" {command('up', stack)}, which ends that one"
    )
    return error.retell(f"{error.message}\n{line(world, kept)}", hint=ways)


def why_it_stays(world: World) -> str:
    """Return why the host cannot be made anew in another place; empty where none is kept beside it."""
    kept = kept_host.read(world.files)
    return f"{kept.instance_id} is kept beside it until it is proven: there are never three" if kept else ""


def _where(kept: KeptHost, now: Instance | None) -> str:
    address = kept.host.address if kept.host.is_private else (now.public_ip if now else kept.host.public_ip)
    state = now.state if now else "gone"
    at = f" at {address}" if address and not kept.host.is_private else ""
    return f"{kept.instance_id} ({now.instance_type if now else kept.host.instance_type}, {state}){at}"


def _instance(world: World, host: Host) -> Instance | None:
    try:
        return world.cloud(host.region, None).instance(host.instance_id)
    except CloudError:
        return None


def _rate(world: World, record: Record, host: Host, now: Instance | None) -> float | None:
    return cost.cached(world, record, host, now).rate_usd_h


def _usd_h(amount: float | None) -> str:
    return NO_PRICE if amount is None else usd(amount)
