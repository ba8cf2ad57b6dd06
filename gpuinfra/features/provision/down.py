"""`destroy` / `down`: remove all that the stack made, and ask AWS whether anything is left."""

import time
from collections.abc import Callable, Iterable, Sequence

from gpuinfra.features.money import disk_copies
from gpuinfra.features.provision import half_move, kept_host, later_start, leftovers, protection
from gpuinfra.features.provision.blockers import refuse_shared_network
from gpuinfra.features.provision.closing import Destroyed
from gpuinfra.features.provision.down_proof import asked, refuse_left, tell
from gpuinfra.features.provision.kept_bill import closings
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.features.provision.leftovers import Leftovers
from gpuinfra.features.provision.outcome import describe, orphans
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.features.provision.terraform_destroy import terraform_destroy
from gpuinfra.ground.errors import CloudError, Declined, HostError
from gpuinfra.ground.model import CloudResource, Host, Instance, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What jobs run on the host, as far as it can be known at once.
Running = Callable[[Host], Sequence[str]]


def destroy(world: World, *, yes: bool, force: bool = False, running: Running = lambda _: []) -> Destroyed:
    """Destroy the stack, what Terraform lost track of included; says what was `running` there.

    force: a host that somebody has protected against termination, too.

    What was recorded decides, not what terraform.tfvars says by now, nor a file that overrides it.

    Raises:
        Declined: the user said no.
        HostError: AWS still shows something of this stack afterwards, or something foreign holds it.
    """
    record = world.state.read()
    if not record.resources and not world.values.exists():
        world.reporter.say("nothing to destroy")
        return Destroyed()
    settings = record.settings or settings_of(world)
    if others := world.values.others():
        names = " and ".join(map(str, others))
        world.reporter.say(f"{names}: not heeded; what is removed is what was recorded, in {settings.region}")
    kept = kept_host.read(world.files)
    lost = [*orphans(world, settings, record), *_kept(world, record, kept)]
    strangers = [i for i in lost if i not in _certainly_ours(record, lost, kept)]
    left = leftovers.find(world, settings, record, strangers=strangers)
    if not record.resources and not lost and not left.ours:
        return _nothing(world, settings, left)
    ours = record.ids_of("aws_instance") | {one.instance_id for one in lost}
    refuse_shared_network(world, settings, record, ours=ours)
    if record.host and (commands := running(record.host)):
        world.reporter.say(f"still running on the host: {'; '.join(commands)}")
    foreign = _not_ours(world, settings, record)
    if not yes and not world.reporter.confirm(_question(record, lost, left, kept)):
        raise Declined("nothing was destroyed", hint=command("status", world.files.name))
    lost = lost if not yes else _certainly_ours(record, lost, kept)
    hosts = {*record.ids_of("aws_instance"), *(one.instance_id for one in lost)}
    protection.lift(world, settings, hosts, force=force)
    for host in _hosts(record, kept):
        later_start.end_if_possible(world, host)
        _end_host(world, settings, host)
    closing, other = closings(world, settings, record, lost, kept)
    _terminate(world, settings, lost)
    _remove(world, settings, left, (*left.free_of_worth, *left.copies) if yes else left.ours)
    outcome = terraform_destroy(world, settings, record, closing) if record.resources else Outcome(ok=True)
    proof = asked(world, settings, record)
    kept_receipt = other.close(left=proof.words, foreign=()) if other else None
    receipt = closing.close(left=proof.words, foreign=foreign)
    refuse_left(world, settings, proof)
    for one in foreign:
        world.reporter.say(f"left, not ours, and it goes on costing money: {one}")
    _forget(world, _hosts(record, kept))
    return Destroyed(destroyed=outcome.destroyed, receipt=receipt, kept_receipt=kept_receipt)


def _forget(world: World, hosts: Iterable[Host]) -> None:
    """Delete what is worthless once the hosts are gone."""
    for host in hosts:
        world.ssh.forget(host)
    world.files.clean()
    kept_host.forget(world.files)
    half_move.end(world)


def _kept(world: World, record: Record, kept: KeptHost | None) -> list[Instance]:
    """Return the host that `up --until-ready` keeps beside the recorded one, if it is still there."""
    if kept is None or kept.instance_id in record.ids_of("aws_instance"):
        return []
    instance = kept_host.instance_of(world, kept)
    return [instance] if instance else []


def _hosts(record: Record, kept: KeptHost | None) -> list[Host]:
    """Return the recorded host, and the one that is kept beside it."""
    hosts = [record.host, kept.host if kept else None]
    return list({host.instance_id: host for host in hosts if host}.values())


def _end_host(world: World, settings: Settings, host: Host) -> None:
    """Let a host that runs run on_stop and save; one that is stopped is not started for it."""
    try:
        instance = world.cloud(settings.region, settings).instance(host.instance_id)
    except CloudError:
        return  # who may not ask for it must be able to end the cost all the same
    if instance and instance.state == "running":
        world.end_host(world, host, "gpuinfra down")
    world.events.note("gpuinfra down", host.instance_id)


def _nothing(world: World, settings: Settings, left: Leftovers) -> Destroyed:
    """Say that nothing is ours. Where the state is lost, a host under another owner's name may be ours.

    Raises:
        HostError: there is one.
    """
    others = leftovers.listed(left.others)
    if others and not world.state.path.exists():
        raise HostError(
            f"no record of a host, and AWS shows none with owner {settings.owner!r}; but it shows,"
            f" with this stack's name and another owner: {others}. Nothing was removed",
            hint="set owner in terraform.tfvars to that one, if it is yours   # gpuinfra down asks again",
        )
    world.reporter.say("nothing to destroy: no record of a host, and AWS knows none with its tags")
    tell(world, left)
    return Destroyed()


def _not_ours(world: World, settings: Settings, record: Record) -> list[str]:
    """Return what somebody attached to the hosts, in words: it is not deleted with them."""
    cloud, ours = world.cloud(settings.region, settings), record.ids_of("aws_eip")
    try:
        hosts = [cloud.instance(name) for name in sorted(record.ids_of("aws_instance"))]
        return [one for host in hosts if host for one in cloud.not_ours(host, ours)]
    except CloudError:
        return []  # who may not ask for it must be able to end the cost all the same


def _certainly_ours(record: Record, lost: list[Instance], kept: KeptHost | None) -> list[Instance]:
    """Return those that carry our security group; another clone may use the same stack name and owner."""
    groups, own = record.ids_of("aws_security_group"), {kept.instance_id} if kept else set()
    return [i for i in lost if i.instance_id in own or groups.intersection(i.security_group_ids)]


def _question(record: Record, lost: list[Instance], left: Leftovers, kept: KeptHost | None) -> str:
    host = record.host
    ids = ", ".join(sorted(record.ids_of("aws_instance")))
    what = f"host {ids} and its disk" if ids else ""
    if host:
        where = host.public_ip or "no public address"
        what = f"host {host.instance_id} ({host.instance_type}, {where}) and its disk"
    rest = f"{len(record.resources)} recorded resources" if record.resources else ""
    second = [it for it in lost if kept and it.instance_id == kept.instance_id]
    beside = f"{describe(second)}, which is kept until the new one is proven" if second else ""
    others = [it for it in lost if it not in second]
    known_to_aws = ", ".join(filter(None, (describe(others), leftovers.listed(left.ours))))
    unknown = f"and {known_to_aws}, which Terraform lost track of" if known_to_aws else ""
    return f"Destroy {', '.join(filter(None, (what, beside, rest, unknown)))}?"


def _terminate(world: World, settings: Settings, lost: list[Instance]) -> None:
    """Remove lost hosts first: they hold the security group that Terraform wants to delete."""
    if lost:
        world.reporter.say(f"terminating {describe(lost)}")
        world.cloud(settings.region, settings).terminate([i.instance_id for i in lost])


def _remove(world: World, settings: Settings, left: Leftovers, chosen: Sequence[CloudResource]) -> None:
    leftovers.remove(world, settings, chosen)
    disk_copies.note_gone(world.files, [one.resource_id for one in left.copies], time.time())
