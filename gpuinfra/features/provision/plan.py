"""`plan`: show what an apply would do; nothing is changed."""

from dataclasses import dataclass

from gpuinfra.features.provision import plan_text, progress
from gpuinfra.features.provision.init import InitValues, ensure
from gpuinfra.features.provision.outcome import HOST, check
from gpuinfra.features.provision.preflight import prepare
from gpuinfra.ground.model import Change, Outcome, Settings
from gpuinfra.ground.protocols import Provisioner
from gpuinfra.ground.world import World

INSTANCE = f"{HOST}module.instance.aws_instance.this"


@dataclass(frozen=True, kw_only=True)
class TerraformPlan:
    """All that an apply would do."""

    changes: tuple[Change, ...] = ()
    outputs_changed: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether an apply would do nothing at all."""
        return not self.changes and not self.outputs_changed


def plan(world: World, values: InitValues) -> TerraformPlan:
    """Plan, show, and delete the plan file (it holds the user-data in clear); `values`: for a first run."""
    ensure(world, values)
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
    with progress.shown(world, "Planning") as on_progress:
        terraform.init()
        outcome = terraform.plan(world.files.plan_file, replace=replace, on_progress=on_progress)
    check(world, outcome, settings)
    return outcome


def shown(world: World, terraform: Provisioner, outcome: Outcome, settings: Settings) -> tuple[Change, ...]:
    """Show the changes and return them; details cost a start of the provider, so only edits get them."""
    changes = outcome.changes
    if any(c.action in ("update", "replace") for c in changes):
        changes = terraform.details(world.files.plan_file)
    for line in plan_text.plan_lines(changes, settings):
        world.reporter.say(line)
    return changes
