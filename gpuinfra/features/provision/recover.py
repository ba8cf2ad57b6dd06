"""`recover`: a state that is lost, damaged or another stack's; the host is found by its tags and taken over.

Its state is made beside the old one, which stays in its place until the new one is whole.
"""

from collections.abc import Sequence

from gpuinfra.features.money import prices, rate
from gpuinfra.features.money.hourly import hourly
from gpuinfra.features.provision import kept_host, leftovers, progress, until_ready
from gpuinfra.features.provision.go_back import go_back
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.features.provision.outcome import describe
from gpuinfra.features.provision.place import correct_for
from gpuinfra.features.provision.preflight import prepare
from gpuinfra.features.provision.takeover import NOTHING, Takeover, again, check, planned
from gpuinfra.features.provision.takeover_text import lines, tags_lost
from gpuinfra.ground.errors import ConfigError, Declined, HostError
from gpuinfra.ground.model import Host, Instance, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def recover(world: World, *, host_id: str, yes: bool) -> Host | None:
    """Take the stack's host over into a fresh state; return it. A whole state that names it is left alone.

    Raises:
        HostError: AWS shows no host of this stack, or several and none was chosen.
        ConfigError: the host is not what terraform.tfvars says.
        Declined: the user said no.
    """
    settings = prepare(world)
    record, wrong = _read(world)
    kept = kept_host.read(world.files)
    if kept and record.resources:
        return _with_kept(world, kept, yes=yes)
    hosts = world.cloud(settings.region, settings).tagged_instances(settings.tags)
    known = [host for host in hosts if host.instance_id in record.ids_of("aws_instance")]
    if known:
        world.reporter.say(f"nothing to recover: the state names the host {describe(known)}")
        return record.host
    if not hosts:
        _without_host(world, settings, wrong, yes=yes)
        return None
    host = _chosen(world, hosts, host_id)
    _take_over(world, correct_for(world, settings, host), host, yes=yes)
    if kept and kept.instance_id == host.instance_id:
        kept_host.forget(world.files)
    return world.state.read().host


def _with_kept(world: World, kept: KeptHost, *, yes: bool) -> Host:
    """Settle what `up --until-ready` has left; where two hosts are in use, go back to the old one."""
    until_ready.settle(world)
    if kept_host.read(world.files):
        return go_back(world, kept, yes=yes)
    return world.recorded_host()


def _read(world: World) -> tuple[Record, str]:
    """Return the record, and what is wrong with the file."""
    try:
        return world.state.read(), ""
    except ConfigError as error:
        return Record(), error.message


def _without_host(world: World, settings: Settings, wrong: str, *, yes: bool) -> None:
    """Put a useless state aside, so that `up` can begin anew.

    Raises:
        HostError: there is nothing to do, or a host that may be ours has another owner in its tags.
    """
    whose = f"the stack {settings.stack!r} with owner {settings.owner!r} in {settings.region}"
    nothing = f"AWS shows no host of {whose}"
    others = leftovers.find(world, settings, Record(), strangers=()).others
    if others:
        raise HostError(
            f"{nothing}; but, with another owner: {leftovers.listed(others)}",
            hint=f"set owner in terraform.tfvars to that one, if it is yours   # then: {again(world)}",
        )
    if not wrong:
        raise HostError(f"{nothing}: there is nothing to take over", hint=command("up", world.files.name))
    if not yes and not world.reporter.confirm(f"{wrong}. {nothing}. Put the file aside?"):
        raise Declined("nothing was changed", hint=again(world))
    world.reporter.say(f"{nothing}; the state is kept in {world.state.exchange(None)}")
    world.reporter.say(f"next: {command('up', world.files.name)}")


def _chosen(world: World, hosts: Sequence[Instance], host_id: str) -> Instance:
    """Return the host that was asked for, or the only one.

    Raises:
        HostError: there are several.
        ConfigError: the one that was asked for is none of this stack.
    """
    found = [host for host in hosts if host_id in ("", host.instance_id)]
    if not found:
        raise ConfigError(
            f"{host_id} is no host of this stack; there is {describe(list(hosts))}",
            hint=f"{again(world)} --host {hosts[0].instance_id}",
        )
    if len(found) > 1:
        raise HostError(
            f"AWS shows several hosts of this stack: {describe(found)}. Only one can be taken over",
            hint=f"{again(world)} --host {found[0].instance_id}",
        )
    return found[0]


def _costs(world: World, settings: Settings, takeover: Takeover) -> list[str]:
    """Return what the host costs if something is made that it does not have now."""
    made = [change for change in takeover.changes if change.action == "create"]
    things = rate.planned(settings, Record(resources=dict(takeover.ids)), made)
    return hourly(things, prices.of(world, settings.region)).plan_lines() if made else []


def _take_over(world: World, settings: Settings, host: Instance, *, yes: bool) -> None:
    """Plan, agree, apply into a new state, and put that in the place of the old one."""
    new = world.state.path.with_name("recovered.tfstate")
    new.unlink(missing_ok=True)  # of a run that was killed: AWS still has all that is in it
    try:
        takeover = planned(world, settings, host, state=new)
        costs = _costs(world, settings, takeover)
        for line in lines(host, takeover.ids, takeover.changes, takeover.left, costs):
            world.reporter.say(line)
        if not yes and not world.reporter.confirm(f"Take over the host {host.instance_id}?"):
            raise Declined(NOTHING, hint=again(world))
        with progress.shown(world, "Taking over") as on_progress:
            outcome = world.terraform().apply_import(
                world.files.plan_file, state=new, on_progress=on_progress
            )
        check(world, settings, outcome)
        _finish(world, settings, takeover)
        kept = world.state.exchange(new)
    finally:
        world.files.plan_file.unlink(missing_ok=True)
        new.unlink(missing_ok=True)
    stays = f"; the old state is kept in {kept}" if kept else ""
    world.reporter.say(f"Terraform knows the host {host.instance_id} again{stays}")


def _finish(world: World, settings: Settings, takeover: Takeover) -> None:
    """Do what Terraform does not: give the disk its tags back, and take rules away that nobody asked for."""
    cloud = world.cloud(settings.region, settings)
    cloud.tag(takeover.host.volume_ids, tags_lost(takeover.changes, settings))
    leftovers.remove(world, settings, [*takeover.left.rules, *takeover.left.schedules])
