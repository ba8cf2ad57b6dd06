"""`apply` / `up`: make the host as terraform.tfvars says, and return it."""

from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.money import budget, lease_apply, lease_end
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.provision import consequences, firewall, progress, protection
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.beforehand import Beforehand
from gpuinfra.features.provision.down import Running
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.preflight import (
    clear_the_way,
    prepare,
    prove_key,
    refuse_missing,
    refuse_orphans,
)
from gpuinfra.features.provision.resource_names import KEY_PAIR
from gpuinfra.ground.errors import AlreadyExists, Declined, TerraformError
from gpuinfra.ground.model import Host, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What the user types before a host is replaced, and the option that says the same.
REPLACE = "replace"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What needs no question: `yes`: what loses nothing; with `replace` also the loss of a host and its disk.

    running: what jobs run on the host.
    """

    yes: bool
    replace: bool = False
    running: Running = lambda _: []


@dataclass(frozen=True, kw_only=True)
class LivingHost:
    """What Terraform cannot do for a host that lives; features.lifecycle does it.

    started: return it running; one that is stopped is started. take_key: let it take the public key that
    terraform.tfvars names. Both raise HostError where that cannot be.
    """

    started: Callable[[Host], Host] = lambda host: host
    take_key: Callable[[Host], None] = lambda _: None


def up(
    world: World,
    values: InitValues,
    consent: Consent,
    *,
    upgrade_image: bool = False,
    wait: bool = True,
    living: LivingHost = LivingHost(),
) -> Host:
    """Make or change the host and follow its first boot; `values`: for a first run. Say what to type next."""
    ensure(world, values)
    prove_key(world, wait=wait)
    host = living.started(apply(world, consent, upgrade_image=upgrade_image, living=living))
    world.reporter.say(f"host {host.instance_id} ({host.instance_type}, {host.image_name}) is up")
    world.events.note("gpuinfra up", host.instance_id)
    if wait:
        follow(world, host)
    world.reporter.say(f"next: {command('ssh', host.stack)}; {command('down', host.stack)} ends the cost")
    return host


def apply(
    world: World, consent: Consent, *, upgrade_image: bool = False, living: LivingHost = LivingHost()
) -> Host:
    """Make or change the host. Where one lives the plan is made first, and that very plan is applied.

    Raises:
        HostError: an instance of this stack runs that Terraform does not know.
        Declined: the user said no.
        ConfigError: they cannot be asked.
        GpuInfraError: what AWS or Terraform refused, explained.
    """
    settings, record = prepare(world), world.state.read()
    checks = Beforehand(world, settings, record)
    refuse_missing(world, settings, record)
    is_without_host = not record.ids_of("aws_instance")  # else it names the host: no apply makes a second one
    if is_without_host or record.is_older:
        refuse_orphans(world, settings, record)
    if is_without_host:
        clear_the_way(world, settings, record)
    checks.refuse()
    forced = planning.forced(world, record, upgrade_image=upgrade_image)
    try:
        if consent.yes and not (record.ids_of("aws_instance") or consequences.was_whole(record)):
            outcome = _in_one_go(world, settings, forced)
        else:
            outcome = _as_planned(world, settings, record, forced, consent, living)
    except AlreadyExists:
        clear_the_way(world, settings, world.state.read())  # so that the next one works
        raise
    if not (outcome.added or outcome.changed or outcome.destroyed):
        world.reporter.say("up to date: nothing had to be changed")
    made = _made(world)
    lease_apply.renewed(world, made)
    return made


def _in_one_go(world: World, settings: Settings, forced: list[str]) -> Outcome:
    """Plan and apply in one start of the provider: there is no host yet."""
    terraform, record, ahead = world.terraform(), world.state.read(), PricesAhead(world, settings)
    terraform.give(lease_apply.values(world, settings))
    with progress.shown(world, "Applying") as on_progress:
        terraform.init()
        outcome = terraform.apply(None, replace=forced, target=[], on_progress=on_progress)
    check(world, outcome, settings)
    proposal = planning.proposed(outcome.changes, settings, record, ahead)
    for line in proposal.costs.plan_lines():  # no plan was shown that would have told
        world.reporter.say(line.strip())
    _tell_of_budget(world, outcome)
    return outcome


def _as_planned(
    world: World, settings: Settings, record: Record, forced: list[str], consent: Consent, living: LivingHost
) -> Outcome:
    """Plan, agree upon the changes, and apply exactly that plan; a new key is on the host before."""
    plan_file, terraform = world.files.plan_file, world.terraform()
    ahead = PricesAhead(world, settings)
    try:
        planned = planning.make(world, terraform, settings, replace=forced)
        made = [change.address for change in planned.changes if change.action == "create"]
        if firewall.take_over(terraform, firewall.foreign(world, record), record, made):
            planned = planning.make(world, terraform, settings, replace=forced)
        if not planned.changes and not planned.outputs_changed:
            return planned
        if planned.changes:
            changes = planning.detailed(world, terraform, planned)
            protection.refuse_replacement(world, settings, changes, record)
            _agree(world, planning.proposed(changes, settings, record, ahead), consent)
            if record.host and KEY_PAIR in forced and not consequences.loss(changes, record):
                living.take_key(living.started(record.host))
        if record.host and consequences.restart(planned.changes):
            lease_end.renew(world, record, record.host, dearer=settings)
        with progress.shown(world, "Applying") as on_progress:
            outcome = terraform.apply(plan_file, replace=[], target=[], on_progress=on_progress)
    finally:
        plan_file.unlink(missing_ok=True)
    check(world, outcome, settings)
    _tell_of_budget(world, planned)
    return outcome


def _tell_of_budget(world: World, made: Outcome) -> None:
    for line in budget.lines(made.changes):
        world.reporter.say(line)


def _agree(world: World, proposal: planning.Proposal, consent: Consent) -> None:
    """Tell what would change, and ask where there is no consent yet.

    Raises:
        Declined: the user said no.
        ConfigError: there is nobody to ask.
    """
    lost = consequences.loss(proposal.changes, proposal.record)
    _tell(world, proposal, consent)
    if lost and not (consent.yes and consent.replace):
        agreed = world.reporter.confirm(f"{lost}.", word=REPLACE)
    else:
        agreed = consent.yes or world.reporter.confirm("Apply this plan?")
    if not agreed:
        raise Declined("nothing was changed in AWS", hint=command("up", world.files.name))


def _tell(world: World, proposal: planning.Proposal, consent: Consent) -> None:
    """Show the plan, with --yes only what it costs and means for the host; and which jobs end with that."""
    host, lines = proposal.record.host, consequences.lines(proposal.changes, proposal.record)
    if consent.yes:
        leased = lease_apply.told(world, proposal.settings, proposal.record)
        for line in [*map(str.strip, [*proposal.costs.plan_lines(), *leased]), *lines]:
            world.reporter.say(line)
    else:
        planning.show(world, proposal)
    if lines and host and (commands := consent.running(host)):
        world.reporter.say(f"! running on the host, and lost then: {'; '.join(commands)}")


def _made(world: World) -> Host:
    host = world.state.read().host
    if host is None:
        raise TerraformError(
            "Terraform succeeded, but its outputs name no host: terraform/outputs.tf was changed?",
            hint="git -C . diff terraform/outputs.tf",
        )
    return host
