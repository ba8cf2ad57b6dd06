"""`plan`: show what an apply would do; nothing is changed."""

from dataclasses import asdict, dataclass

from gpuinfra.features.capacity import told_host
from gpuinfra.features.money import disk_copies, lease_apply, rate
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.money.hourly import HourlyCost, hourly
from gpuinfra.features.provision import (
    consequences,
    firewall,
    given,
    half_move,
    kept_text,
    next_host,
    plan_text,
    progress,
)
from gpuinfra.features.provision.beforehand import Beforehand
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.place import correct
from gpuinfra.features.provision.preflight import prepare, refuse_missing, tell_orphans
from gpuinfra.features.provision.resource_names import INSTANCE, KEY_PAIR
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.model import Change, Outcome, Record, Settings
from gpuinfra.ground.protocols import Provisioner
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class TerraformPlan:
    """All that an apply would do; cost: what there is then costs, None where nothing would be changed."""

    changes: tuple[Change, ...] = ()
    outputs_changed: bool = False
    cost: dict[str, object] | None = None

    def plain(self) -> dict[str, object]:
        """Return it as plain values; a plan that changes nothing has no cost of its own."""
        plain = asdict(self)
        return plain if self.cost else {name: plain[name] for name in ("changes", "outputs_changed")}

    @property
    def is_empty(self) -> bool:
        """Tell whether an apply would do nothing at all."""
        return not self.changes and not self.outputs_changed


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The changes that an apply would make to what is recorded, and what it all costs then."""

    changes: tuple[Change, ...]
    settings: Settings
    record: Record
    costs: HourlyCost


def proposed(changes: tuple[Change, ...], settings: Settings, record: Record, ahead: PricesAhead) -> Proposal:
    """Return the changes with their costs."""
    costs = hourly(rate.planned(settings, record, changes), ahead.get())
    return Proposal(changes=changes, settings=settings, record=record, costs=costs)


def plan(world: World, values: InitValues) -> TerraformPlan:
    """Plan, show, and delete the plan file (it holds the user-data in clear); `values`: for a first run."""
    ensure(world, values)
    if kept := kept_text.row(world):
        world.reporter.say(f"kept: {kept}")
    if half_done := half_move.row(world):
        world.reporter.say(f"move: {half_done}")
    settings, record = prepare(world), world.state.read()
    settings = correct(world, settings, record)
    refuse_missing(world, settings, record)
    terraform = world.terraform()
    search = Search(world, settings, record)
    ahead = PricesAhead(world, settings, search.types)
    checks = Beforehand(world, settings, Record() if given.makes_reserved(world, settings) else record)
    try:
        replace = forced(world, record)
        outcome = search.planned(lambda of: make(world, terraform, of, replace=replace))
        settings = search.settings
        changes = detailed(world, outcome, settings, record)
    finally:
        world.files.plan_file.unlink(missing_ok=True)
        search.put_back()
    proposal = proposed(changes, settings, record, ahead)
    show(world, proposal)
    if consequences.makes_host(changes):
        tell_orphans(world, settings, record)
        for line in (*disk_copies.instead(world, record.host), *search.order(ahead.get())):
            world.reporter.say(line)
    pinned = [] if consequences.makes_host(changes) else next_host.lines(settings, record.host)
    for line in (*pinned, *told_host.planned(world, settings, record.host)):
        world.reporter.say(line)
    checks.tell()
    cost = proposal.costs.plain() if changes else None
    return TerraformPlan(changes=changes, outputs_changed=outcome.outputs_changed, cost=cost)


def forced(world: World, record: Record, *, upgrade_image: bool = False) -> list[str]:
    """Return what Terraform has to replace because it is told to: the key pair, for another key."""
    host = [INSTANCE] if upgrade_image and record.ids_of("aws_instance") else []
    has_new_key = record.public_key and world.values.public_key() not in ("", record.public_key)
    return [*host, *([KEY_PAIR] if has_new_key else [])]


def make(world: World, terraform: Provisioner, settings: Settings, *, replace: list[str]) -> Outcome:
    """Plan into the stack's plan file."""
    terraform.give(given.values(world, settings))
    with progress.shown(world, "Planning") as on_progress:
        terraform.init()
        outcome = terraform.plan(world.files.plan_file, replace=replace, on_progress=on_progress)
    check(world, outcome, settings)
    return outcome


def detailed(world: World, outcome: Outcome, settings: Settings, record: Record) -> tuple[Change, ...]:
    """Return the changes; details cost a start of the provider, so only edits get them.

    Raises:
        ConfigError: AWS would refuse it.
    """
    changes = outcome.changes
    if any(c.action in ("update", "replace") for c in changes):
        changes = world.terraform().details(world.files.plan_file)
    consequences.refuse_smaller_disk(changes)
    consequences.refuse_another_kind(changes, settings, record)
    return changes


def show(world: World, it: Proposal) -> None:
    """Show what would change, what it costs, and what that means for the host that lives."""
    opened = firewall.told(firewall.foreign(world, it.record), it.record.region)
    plan = plan_text.plan_lines(it.changes, it.settings, it.costs.plan_lines())
    leased = lease_apply.told(world, it.settings, it.record)
    for line in [*plan, *leased, *consequences.lines(it.changes, it.record), *opened]:
        world.reporter.say(line)
