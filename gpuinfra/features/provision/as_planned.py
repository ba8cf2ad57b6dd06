"""A plan made, agreed upon and applied, where a host lives or the user is to see it first."""

from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.features.money import budget, disk_copies, lease_end
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.provision import consequences, firewall, kept_text, protection, until_ready
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.agree import Consent, agree
from gpuinfra.features.provision.applied import asker, beside_old
from gpuinfra.features.provision.resource_names import KEY_PAIR
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.model import Change, Host, Outcome, Record
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class LivingHost:
    """What Terraform cannot do for a host that lives; features.lifecycle does it.

    settle: finish a move to another zone that was killed: an apply would end the old host for an empty one.
    started: return it running; one that is stopped is started. take_key: let it take the public key that
    terraform.tfvars names. Both raise HostError where that cannot be.
    """

    settle: Callable[[], None] = lambda: None
    started: Callable[[Host], Host] = lambda host: host
    take_key: Callable[[Host], None] = lambda _: None


AS_IT_IS = LivingHost()


def apply_as_planned(
    world: World,
    search: Search,
    record: Record,
    forced: list[str],
    consent: Consent,
    living: LivingHost,
    *,
    keep_old: bool,
) -> Outcome:
    """Plan, agree upon the changes, and apply exactly that plan; a new key is on the host before.

    Where AWS has no host in the place that was planned for, what follows differs in the place alone.
    """
    plan_file, terraform = world.files.plan_file, world.terraform()
    ahead = PricesAhead(world, search.settings, search.types)
    try:
        planned = search.planned(lambda of: planning.make(world, terraform, of, replace=forced))
        settings = search.settings
        made = [change.address for change in planned.changes if change.action == "create"]
        if firewall.take_over(terraform, firewall.foreign(world, record), record, made):
            planned = planning.make(world, terraform, settings, replace=forced)
        if not planned.changes and not planned.outputs_changed:
            return planned
        makes_host = consequences.makes_host(planned.changes)
        keep_old = keep_old and consequences.replaces_host(planned.changes, record)
        if planned.changes:
            changes = planning.detailed(world, planned, settings, record)
            _agreed(world, search, record, changes, consent, ahead, keep_old=keep_old)
            if record.host and KEY_PAIR in forced and not consequences.loss(changes, record):
                living.take_key(living.started(record.host))
        if record.host and consequences.restart(planned.changes):
            lease_end.renew(world, record, record.host, dearer=settings)
        if keep_old:
            outcome = beside_old(world, terraform, search, record, planned.changes, forced)
        else:
            ask = asker(world, terraform, search, forced)
            outcome = search.run(ask) if makes_host else ask(settings)
    finally:
        plan_file.unlink(missing_ok=True)
    tell_of_budget(world, planned)
    return outcome


def _agreed(
    world: World,
    search: Search,
    record: Record,
    changes: tuple[Change, ...],
    consent: Consent,
    ahead: PricesAhead,
    *,
    keep_old: bool,
) -> None:
    """Refuse what may not be applied, then tell the plan and agree upon it."""
    settings, makes_host = search.settings, consequences.makes_host(changes)
    protection.refuse_replacement(world, settings, changes, record)
    if makes_host:
        until_ready.refuse_third(world)
    proposal, notes = planning.proposed(changes, settings, record, ahead), list[str]()
    if keep_old and record.host:
        until_ready.refuse_more(changes, world.files.name)
        notes = kept_text.beforehand(record.host, record, proposal.costs, ahead.get())
    order = search.order(ahead.get()) if makes_host else []
    if makes_host:
        notes = [*notes, *disk_copies.instead(world, record.host)]
    agree(world, proposal, consent, places=order, notes=notes)


def tell_of_budget(world: World, made: Outcome) -> None:
    """Say what a budget that was made means."""
    for line in budget.lines(made.changes):
        world.reporter.say(line)
