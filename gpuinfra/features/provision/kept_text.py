"""The kept host in words: where it is, and what both hosts cost meanwhile."""

from collections.abc import Sequence

from gpuinfra.features.money import cost, rate
from gpuinfra.features.money.cost import HostCost
from gpuinfra.features.money.hourly import HourlyCost, hourly, usd
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rates import RUNNING
from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def beforehand(old: Host, record: Record, new: HourlyCost, prices: Prices) -> list[str]:
    """Return what keeping the old host means, before anybody agrees."""
    costs = f"{_an_hour(hourly(rate.recorded(record, old, None), prices))} and {_an_hour(new)}"
    lines = [f"! {old.instance_id} is kept until the new host is proven; until then both cost money: {costs}"]
    if record.outputs.get("lease"):
        lines.append(f"! each of both has a lease of its own: that of {old.instance_id} stays as it is")
    return lines


def line(world: World, kept: KeptHost) -> str:
    """Return where both hosts are and what they cost; by prices that are kept, EC2 is asked."""
    record = world.state.read()
    host = record.host
    new = f"{host.instance_id} is the host that is recorded. " if host else ""
    old = _instance(world, kept.host)
    both = [cost.cached(world, kept.record, kept.host, old)]
    both += [cost.cached(world, record, host, _instance(world, host))] if host else []
    return f"{new}{_where(kept, old)} is kept; both together cost {_together(both)}"


def row(world: World) -> str:
    """Return it for `status`; empty where none is kept. EC2 is asked for it, once."""
    kept = kept_host.read(world.files)
    if kept is None:
        return ""
    if told := cut_off(world):
        return told
    stack, now = world.files.name, _instance(world, kept.host)
    if now is None or now.state in kept_host.GONE:
        return f"{kept.instance_id} was kept, and is gone; {command('up', stack)} notes it"
    money = _together([cost.cached(world, kept.record, kept.host, now)])
    return (
        f"{_where(kept, now)}, {money}, until the new one is proven: {command('up', stack)} ends it"
        f" then, {command('recover', stack)} goes back to it"
    )


def cut_off(world: World) -> str:
    """Return that a run that keeps a host, or goes back to it, was cut off, if it was; nobody is asked."""
    kept, record = kept_host.read(world.files), world.state.read()
    if kept is None or (kept_host.is_whole(record) and kept.instance_id not in record.ids_of("aws_instance")):
        return ""
    goes_on = command("up", world.files.name)
    return f"{kept.instance_id}: a run was cut off; {goes_on} puts in order what it left"


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


def _together(hosts: Sequence[HostCost]) -> str:
    sums = [it.rate_usd_h for it in hosts if it.rate_usd_h is not None]
    if len(sums) == len(hosts):
        return f"{usd(sum(sums))} USD an hour"
    return f"unknown: {'; '.join(it.hourly.unknown(RUNNING) for it in hosts if it.rate_usd_h is None)}"


def _an_hour(costs: HourlyCost) -> str:
    total = costs.rate.usd_h(RUNNING)
    return f"unknown: {costs.unknown(RUNNING)}" if total is None else f"{usd(total)} USD an hour"
