"""`apply` / `up`: make the host as terraform.tfvars says, and return it."""

from collections.abc import Callable

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.money import network_costs
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision import progress
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import check, describe, orphans
from gpuinfra.features.provision.plan import INSTANCE
from gpuinfra.features.provision.preflight import prepare
from gpuinfra.ground.errors import ConfigError, HostError, TerraformError
from gpuinfra.ground.model import Host, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Provisioner
from gpuinfra.ground.world import World


def up(
    world: World,
    values: InitValues,
    *,
    yes: bool,
    upgrade_image: bool,
    wait: bool,
    started: Callable[[Host], Host] = lambda host: host,
) -> Host:
    """Make or change the host and follow its first boot; `values`: for a first run. Say what to type next.

    `started` starts a host that is stopped.
    """
    ensure(world, values)
    host = started(apply(world, yes=yes, upgrade_image=upgrade_image))
    world.reporter.say(f"host {host.instance_id} ({host.instance_type}, {host.ami_name}) is up")
    if wait:
        follow(world, host)
    world.reporter.say(f"next: {command('ssh', host.stack)}; {command('down', host.stack)} ends the cost")
    return host


def apply(world: World, *, yes: bool, upgrade_image: bool) -> Host:
    """Make or change the host; without `yes` the plan is shown first, and that very plan is applied.

    Raises:
        HostError: an instance of this stack runs that Terraform does not know.
        ConfigError: the user said no.
        GpuInfraError: what AWS or Terraform refused, explained.
    """
    settings = prepare(world)
    record = world.state.read()
    refuse_orphans(world, settings, record)
    replace = [INSTANCE] if upgrade_image and record.ids_of("aws_instance") else []
    terraform = world.terraform()
    run = _in_one_go if yes else _ask_first
    outcome = run(world, terraform, settings, replace)
    if not (outcome.added or outcome.changed or outcome.destroyed):
        world.reporter.say("up to date: nothing had to be changed")
    return _made(world)


def refuse_orphans(world: World, settings: Settings, record: Record) -> None:
    """Refuse to make a second host beside one that an earlier, killed run left behind.

    Raises:
        HostError: there is such a host.
    """
    if record.ids_of("aws_instance"):
        return  # the state names the host, so an apply cannot make another one
    lost = orphans(world, settings, record)
    if lost:
        stack = world.files.name
        raise HostError(
            f"a host of this stack exists that Terraform does not know of: {describe(lost)}."
            " An earlier run was killed before it could record it, or another clone has a stack of this name",
            hint=f"{command('destroy', stack)}   # removes it; then: {command('up', stack)}",
        )


def _in_one_go(world: World, terraform: Provisioner, settings: Settings, replace: list[str]) -> Outcome:
    """Plan and apply in one start of the provider."""
    with progress.shown(world, "Applying") as on_progress:
        terraform.init()
        outcome = terraform.apply(None, replace=replace, target=[], on_progress=on_progress)
    check(world, outcome, settings)
    for line in network_costs.lines(outcome.changes):  # no plan was shown that would have told
        world.reporter.say(line.strip())
    return outcome


def _ask_first(world: World, terraform: Provisioner, settings: Settings, replace: list[str]) -> Outcome:
    """Show the plan, ask, and apply exactly that plan."""
    plan_file = world.files.plan_file
    try:
        planned = planning.make(world, terraform, settings, replace=replace)
        if not planned.changes and not planned.outputs_changed:
            return planned
        if planned.changes:
            planning.shown(world, terraform, planned, settings)
            if not world.reporter.confirm("Apply this plan?"):
                raise ConfigError("nothing was changed", hint=command("up", world.files.name))
        with progress.shown(world, "Applying") as on_progress:
            outcome = terraform.apply(plan_file, replace=[], target=[], on_progress=on_progress)
    finally:
        plan_file.unlink(missing_ok=True)
    check(world, outcome, settings)
    return outcome


def _made(world: World) -> Host:
    host = world.state.read().host
    if host is None:
        raise TerraformError(
            "Terraform succeeded, but its outputs name no host: terraform/outputs.tf was changed?",
            hint="git -C . diff terraform/outputs.tf",
        )
    return host
