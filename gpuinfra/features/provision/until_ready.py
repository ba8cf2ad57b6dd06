"""`up --until-ready`: the old host is kept until the new one is proven, and only then ended.

Terraform ends what it replaces as soon as the new host runs. So the old one is taken out of its record first,
and an apply makes a host beside it. What there is, at any moment, whatever was killed (file: kept-host.json):

    file   the record names       then
    no     the host               nothing is kept
    yes    none, or a new one     the apply was refused or killed: a new host was never used, and goes; the
           that is half made      old one is put back into the record
    yes    a whole new one        both are kept until the new one is proven: the old one goes, then the file
    yes    the old one            the run did not begin, or has been undone, or `recover` has gone back: a new
                                  host, if there is one, goes, then the file
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gpuinfra.features.provision import kept_host, kept_text
from gpuinfra.features.provision.kept_host import OWN, KeptHost
from gpuinfra.features.provision.outcome import describe
from gpuinfra.features.provision.resource_names import INSTANCE, label
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Interrupted, TerraformError
from gpuinfra.ground.model import Change, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What Terraform replaces together with a host, besides its own; the old host can be without.
TIED_KINDS = (".aws_scheduler_schedule.lease[", ".terraform_data.lease[")


def refuse_without_wait(*, keep_old: bool, wait: bool, stack: str) -> None:
    """Refuse to keep a host until another one is ready, and not to wait for that.

    Raises:
        ConfigError: both are asked for.
    """
    if keep_old and not wait:
        raise ConfigError(
            "--until-ready ends the old host when the new one is proven, and with --no-wait (or"
            " GPUINFRA_WAIT=0) nobody waits for that",
            hint=command("up --until-ready --follow", stack),
        )


def refuse_more(changes: Sequence[Change], stack: str) -> None:
    """Refuse a plan that takes away what the old host may still need.

    Raises:
        ConfigError: it does; nothing was changed.
    """
    more = [c for c in changes if c.action in ("replace", "delete") and not _is_tied(c)]
    if more:
        raise ConfigError(
            f"--until-ready keeps the host alone, and this plan also ends its {label(more[0].address)}"
            f" ({more[0].address}), which the old host may need; nothing was changed",
            hint=f"{command('up', stack)}   # the old host goes as soon as the new one runs",
        )


def _is_tied(change: Change) -> bool:
    is_host = change.address in OWN and change.action == "replace"
    return is_host or any(kind in change.address for kind in TIED_KINDS)


def refuse_third(world: World) -> None:
    """Refuse to make a host beside two that there are.

    Raises:
        HostError: one is kept already.
    """
    if kept := kept_host.read(world.files):
        raise HostError(
            f"this would make another host, and {kept.instance_id} is still kept until the present one is"
            " proven: there are never three",
            hint=f"{command('recover', world.files.name)}   # goes back to {kept.instance_id}; then up again",
        )


@contextmanager
def beside(world: World, record: Record) -> Iterator[None]:
    """Let what is applied within make a host beside the recorded one; where none is made, all is as before.

    Raises:
        GpuInfraError: what it raised, with what there is now.
    """
    if record.tags is None or INSTANCE not in record.resources:
        raise ConfigError(
            "--until-ready needs a record as this version of gpuinfra writes it, and this one is older",
            hint=f"{command('up', world.files.name)}   # once, with the edit undone",
        )
    refuse_third(world)  # another run may have begun while the user read the question
    if world.state.read().resources != record.resources:
        raise TerraformError(
            "the record has changed since the plan was made: another run is at work",
            hint=command("status", world.files.name),
        )
    there = world.cloud(record.region, None).tagged_instances(record.tags)
    kept_host.write(world.files, world.state.text(), others=[it.instance_id for it in there])
    try:
        world.state.take_out(OWN)
        yield
    except (GpuInfraError, KeyboardInterrupt) as error:
        raise _settled(world, error) from None


def _settled(world: World, error: GpuInfraError | KeyboardInterrupt) -> GpuInfraError:
    """Return the error with what there is now, once that is settled."""
    stack = world.files.name
    if not isinstance(error, GpuInfraError):
        error = Interrupted("stopped by Ctrl-C", hint=command("up", stack))
    try:
        settle(world)
    except GpuInfraError as second:
        unsettled = f"{error.message}\nWhat there is now could not be settled: {second.message}"
        return error.retell(unsettled, hint=f"{command('up', stack)}   # settles it first")
    if kept := kept_host.read(world.files):
        return kept_text.both_stay(world, kept, error)
    host = world.recorded_host().instance_id
    if isinstance(error, Interrupted):  # it told of a host that has just been ended
        return Interrupted(f"stopped by Ctrl-C; the host {host} is as it was", hint=command("up", stack))
    return error.retell(f"{error.message}\nThe host {host} is as it was", hint=error.hint)


def settle(world: World) -> None:
    """Bring what a run left half done to an end: after it, both hosts are in use, or one alone is there.

    Raises:
        GpuInfraError: AWS refuses, or another run goes on.
    """
    kept = kept_host.read(world.files)
    if kept is None:
        return
    record = world.state.read()
    if kept.instance_id in record.ids_of("aws_instance"):
        _end_the_other(world, kept)
    elif kept_host.instance_of(world, kept) is None:  # then the next plan tells what that means
        world.reporter.say(f"{kept.instance_id}, which was kept, is gone")
        world.ssh.forget(kept.host)
        kept_host.forget(world.files)
    elif not kept_host.is_whole(record):
        world.state.put_back(kept.before, OWN)  # refuses while a Terraform goes on whose caller was killed
        world.reporter.say(f"{kept.instance_id} is the host, as before")
        _end_the_other(world, kept)


def _end_the_other(world: World, kept: KeptHost) -> None:
    """End what is there beside an old host that is recorded: it was never used, or was gone back from."""
    tags, groups = kept.record.tags, kept.record.ids_of("aws_security_group")
    cloud = world.cloud(kept.host.region, None)
    there = cloud.tagged_instances(tags) if tags else []
    known = {kept.instance_id, *kept.others} - {kept.goes}
    new = [it for it in there if it.instance_id not in known]
    ours = [it for it in new if not groups or groups.intersection(it.security_group_ids)]
    if ours:
        world.reporter.say(f"terminating {describe(ours)}: {kept.instance_id} is the host")
        cloud.terminate([it.instance_id for it in ours])
    kept_host.forget(world.files)
