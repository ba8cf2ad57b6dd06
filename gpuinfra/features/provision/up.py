"""`apply` / `up`: make the host as terraform.tfvars says, and return it."""

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.capacity import begin, told_host
from gpuinfra.features.money import lease_apply
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.provision import consequences, deposed, given, next_host, progress, proven, until_ready
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.agree import Consent as Consent
from gpuinfra.features.provision.as_planned import AS_IT_IS, apply_as_planned, tell_of_budget
from gpuinfra.features.provision.as_planned import LivingHost as LivingHost
from gpuinfra.features.provision.beforehand import Beforehand
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import check, cost_without_host
from gpuinfra.features.provision.place import correct
from gpuinfra.features.provision.preflight import (
    clear_the_way,
    prepare,
    prove_key,
    refuse_missing,
    refuse_orphans,
)
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.errors import AlreadyExists, GpuInfraError, TerraformError
from gpuinfra.ground.model import Host, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def up(
    world: World,
    values: InitValues,
    consent: Consent,
    *,
    upgrade_image: bool = False,
    wait: bool = True,
    living: LivingHost = AS_IT_IS,
    capacity_wait_s: float = 0.0,
    keep_old: bool = False,
) -> Host:
    """Make or change the host and follow its first boot; `values`: for a first run. Say what to type next.

    capacity_wait_s: for how long AWS is asked again and again where it has no host to give. keep_old: a host
    that is replaced is ended when the new one is proven; else as soon as that runs.
    """
    until_ready.refuse_without_wait(keep_old=keep_old, wait=wait, stack=world.files.name)
    ensure(world, values)
    prove_key(world, wait=wait)
    host = living.started(
        apply(
            world,
            consent,
            upgrade_image=upgrade_image,
            living=living,
            wait_s=capacity_wait_s,
            keep_old=keep_old,
        )
    )
    world.reporter.say(f"host {host.instance_id} ({host.instance_type}, {host.image_name}) is up")
    world.events.note("gpuinfra up", host.instance_id)
    if wait:
        with proven.told(world):
            follow(world, host)
        proven.end_old(world, host)
    world.reporter.say(f"next: {command('ssh', host.stack)}; {command('down', host.stack)} ends the cost")
    return host


def apply(
    world: World,
    consent: Consent,
    *,
    upgrade_image: bool = False,
    living: LivingHost = AS_IT_IS,
    wait_s: float = 0.0,
    keep_old: bool = False,
) -> Host:
    """Make or change the host. Where one lives the plan is made first, and that very plan is applied.

    wait_s: for how long AWS is asked again where it has no host to give; 0: once in each place. keep_old: a
    host that is replaced stays, proven.end_old ends it.

    Raises:
        HostError: an instance of this stack runs that Terraform does not know.
        Declined: the user said no.
        ConfigError: they cannot be asked.
        GpuInfraError: what AWS or Terraform refused, explained.
    """
    until_ready.settle(world)
    prepare(world)
    living.settle()
    settings, record = world.values.read(), deposed.without_ended(world, world.state.read())
    settings = correct(world, settings, record)
    makes_reserved = given.makes_reserved(world, settings)
    if wait_s and makes_reserved:
        wait_s -= begin.waited_s(world, settings, wait_s=wait_s)
    checks = Beforehand(world, settings, Record() if makes_reserved else record)
    refuse_missing(world, settings, record)
    is_without_host = not record.ids_of("aws_instance")  # else it names the host: no apply makes a second one
    is_half_made = record.host is None  # its host may be one that EC2 took back: then another may live
    if is_without_host or is_half_made or record.is_older:
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
            outcome = apply_as_planned(world, search, record, forced, consent, living, keep_old=keep_old)
    except GpuInfraError as error:
        _after_failure(world, settings, record, error)
        raise
    if not (outcome.added or outcome.changed or outcome.destroyed):
        world.reporter.say("up to date: nothing had to be changed")
    return _made(world, settings)


def _after_failure(world: World, settings: Settings, before: Record, error: GpuInfraError) -> None:
    """Let the next one work, and the lease hold until then; say what costs money without a host."""
    if isinstance(error, AlreadyExists):
        clear_the_way(world, settings, world.state.read())
    lease_apply.after_failure(world, before)
    if costly := cost_without_host(world.state.read(), world.files.name):
        world.reporter.say(f"! {costly}")


def _in_one_go(world: World, search: Search, forced: list[str]) -> Outcome:
    """Plan and apply in one start of the provider: there is no host yet."""
    terraform, record = world.terraform(), world.state.read()
    ahead = PricesAhead(world, search.settings, search.types)
    if not search.is_single or search.settings.max_price:
        for line in search.order(ahead.get()):
            world.reporter.say(line)

    def ask(settings: Settings) -> Outcome:
        terraform.give({**given.values(world, settings), **search.values})
        with progress.shown(world, search.title()) as on_progress:
            terraform.init()
            outcome = terraform.apply(None, replace=forced, target=[], on_progress=on_progress)
        check(world, outcome, settings)
        return outcome

    outcome = search.run(ask)
    proposal = planning.proposed(outcome.changes, search.settings, record, ahead)
    for line in proposal.costs.plan_lines():  # no plan was shown that would have told
        world.reporter.say(line.strip())
    tell_of_budget(world, outcome)
    return outcome


def _made(world: World, settings: Settings) -> Host:
    """Return the host that there is now: its reservation's end is told, its lease counts."""
    host = world.state.read().host
    if host is None:
        raise TerraformError(
            "Terraform succeeded, but its outputs name no host: terraform/outputs.tf was changed?",
            hint="git -C . diff terraform/outputs.tf",
        )
    told_host.tell(world, host)
    for line in next_host.lines(settings, host):
        world.reporter.say(line)
    lease_apply.renewed(world, host)
    return host
