"""`plan`: show what an apply would do; nothing is changed."""

from gpuinfra.features.provision.outcome import check, prepare
from gpuinfra.ground.model import Change, Outcome, Settings, TerraformPlan
from gpuinfra.ground.protocols import Provisioner, World


def plan(world: World) -> TerraformPlan:
    """Plan, show, and delete the plan file (it holds the user-data in clear)."""
    settings = prepare(world)
    world.state.read()
    terraform = world.terraform()
    try:
        outcome = make(world, terraform, settings, replace=[])
        changes = shown(world, terraform, outcome, settings)
    finally:
        world.files.plan_file.unlink(missing_ok=True)
    return TerraformPlan(changes=changes, outputs_changed=outcome.outputs_changed)


def make(world: World, terraform: Provisioner, settings: Settings, *, replace: list[str]) -> Outcome:
    """Plan into the stack's plan file."""
    with world.reporter.progress("Planning") as on_progress:
        terraform.init()
        outcome = terraform.plan(world.files.plan_file, replace=replace, on_progress=on_progress)
    check(world, outcome, settings, stack=world.files.name)
    return outcome


def shown(world: World, terraform: Provisioner, outcome: Outcome, settings: Settings) -> tuple[Change, ...]:
    """Show the changes and return them; details cost a start of the provider, so only edits get them."""
    changes = outcome.changes
    if any(c.action in ("update", "replace") for c in changes):
        changes = terraform.details(world.files.plan_file)
    world.reporter.show_plan(changes, settings)
    return changes
