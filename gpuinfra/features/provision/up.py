"""`apply` / `up`: make the host as terraform.tfvars says, and return it."""

from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.money import budget, lease_apply, lease_end
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.provision import consequences, firewall, progress, protection
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.agree import Consent as Consent
from gpuinfra.features.provision.agree import agree
from gpuinfra.features.provision.applied import asker
from gpuinfra.features.provision.beforehand import Beforehand
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.place import correct
from gpuinfra.features.provision.preflight import (
    clear_the_way,
    prepare,
    prove_key,
    refuse_missing,
    refuse_orphans,
)
from gpuinfra.features.provision.resource_names import KEY_PAIR
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.errors import AlreadyExists, TerraformError
from gpuinfra.ground.model import Host, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


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
    capacity_wait_s: float = 0.0,
) -> Host:
    """Make or change the host and follow its first boot; `values`: for a first run. Say what to type next.

    capacity_wait_s: for how long AWS is asked again and again where it has no host to give.
    """
    ensure(world, values)
    prove_key(world, wait=wait)
    host = living.started(
        apply(world, consent, upgrade_image=upgrade_image, living=living, wait_s=capacity_wait_s)
    )
    world.reporter.say(f"host {host.instance_id} ({host.instance_type}, {host.image_name}) is up")
    world.events.note("gpuinfra up", host.instance_id)
    if wait:
        follow(world, host)
    world.reporter.say(f"next: {command('ssh', host.stack)}; {command('down', host.stack)} ends the cost")
    return host


def apply(
    world: World,
    consent: Consent,
    *,
    upgrade_image: bool = False,
    living: LivingHost = LivingHost(),
    wait_s: float = 0.0,
) -> Host:
    """Make or change the host. Where one lives the plan is made first, and that very plan is applied.

    wait_s: for how long AWS is asked again where it has no host to give; 0: once in each place.

    Raises:
        HostError: an instance of this stack runs that Terraform does not know.
        Declined: the user said no.
        ConfigError: they cannot be asked.
        GpuInfraError: what AWS or Terraform refused, explained.
    """
    settings, record = prepare(world), world.state.read()
    settings = correct(world, settings, record)
    checks = Beforehand(world, settings, record)
    refuse_missing(world, settings, record)
    is_without_host = not record.ids_of("aws_instance")  # else it names the host: no apply makes a second one
    if is_without_host or record.is_older:
        refuse_orphans(world, settings, record)
    if is_without_host:
        clear_the_way(world, settings, record)
    checks.refuse()
    forced = planning.forced(world, record, upgrade_image=upgrade_image)
    search = Search(world, settings, record, wait_s=wait_s)
    try:
        if consent.yes and not (record.ids_of("aws_instance") or consequences.was_whole(record)):
            outcome = _in_one_go(world, search, forced)
        else:
            outcome = _as_planned(world, search, record, forced, consent, living)
    except AlreadyExists:
        clear_the_way(world, settings, world.state.read())  # so that the next one works
        raise
    if not (outcome.added or outcome.changed or outcome.destroyed):
        world.reporter.say("up to date: nothing had to be changed")
    made = _made(world)
    lease_apply.renewed(world, made)
    return made


def _in_one_go(world: World, search: Search, forced: list[str]) -> Outcome:
    """Plan and apply in one start of the provider: there is no host yet."""
    terraform, record = world.terraform(), world.state.read()
    ahead = PricesAhead(world, search.settings, search.types)
    if not search.is_single or search.settings.max_price:
        for line in search.order(ahead.get()):
            world.reporter.say(line)

    def ask(settings: Settings) -> Outcome:
        terraform.give({**lease_apply.values(world, settings), **search.values})
        with progress.shown(world, search.title()) as on_progress:
            terraform.init()
            outcome = terraform.apply(None, replace=forced, target=[], on_progress=on_progress)
        check(world, outcome, settings)
        return outcome

    outcome = search.run(ask)
    proposal = planning.proposed(outcome.changes, search.settings, record, ahead)
    for line in proposal.costs.plan_lines():  # no plan was shown that would have told
        world.reporter.say(line.strip())
    _tell_of_budget(world, outcome)
    return outcome


def _as_planned(
    world: World, search: Search, record: Record, forced: list[str], consent: Consent, living: LivingHost
) -> Outcome:
    """Plan, agree upon the changes, and apply exactly that plan; a new key is on the host before.

    Where AWS has no host in the place that was planned for, what follows differs in the place alone.
    """
    plan_file, terraform, settings = world.files.plan_file, world.terraform(), search.settings
    ahead = PricesAhead(world, settings, search.types)
    try:
        planned = planning.make(world, terraform, settings, replace=forced)
        made = [change.address for change in planned.changes if change.action == "create"]
        if firewall.take_over(terraform, firewall.foreign(world, record), record, made):
            planned = planning.make(world, terraform, settings, replace=forced)
        if not planned.changes and not planned.outputs_changed:
            return planned
        makes_host = consequences.makes_host(planned.changes)
        if planned.changes:
            changes = planning.detailed(world, terraform, planned)
            protection.refuse_replacement(world, settings, changes, record)
            order = search.order(ahead.get()) if makes_host else []
            agree(world, planning.proposed(changes, settings, record, ahead), consent, places=order)
            if record.host and KEY_PAIR in forced and not consequences.loss(changes, record):
                living.take_key(living.started(record.host))
        if record.host and consequences.restart(planned.changes):
            lease_end.renew(world, record, record.host, dearer=settings)
        ask = asker(world, terraform, search, forced)
        outcome = search.run(ask) if makes_host else ask(settings)
    finally:
        plan_file.unlink(missing_ok=True)
    _tell_of_budget(world, planned)
    return outcome


def _tell_of_budget(world: World, made: Outcome) -> None:
    for line in budget.lines(made.changes):
        world.reporter.say(line)


def _made(world: World) -> Host:
    host = world.state.read().host
    if host is None:
        raise TerraformError(
            "Terraform succeeded, but its outputs name no host: terraform/outputs.tf was changed?",
            hint="git -C . diff terraform/outputs.tf",
        )
    return host
