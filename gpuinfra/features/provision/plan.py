"""`plan`: show what an apply would do; nothing is changed."""

from gpuinfra.features.provision.outcome import check, prepare
from gpuinfra.ground.model import Change, Outcome, Plan, Settings
from gpuinfra.ground.protocols import Ports, Provisioner


def plan(ports: Ports) -> Plan:
    """Plan, show, and delete the plan file (it holds the user-data in clear)."""
    settings = prepare(ports)
    ports.state.read()
    terraform = ports.terraform()
    try:
        outcome = make(ports, terraform, settings, replace=[])
        changes = shown(ports, terraform, outcome, settings)
    finally:
        ports.workspace.plan_file.unlink(missing_ok=True)
    return Plan(changes=changes, outputs_changed=outcome.outputs_changed)


def make(ports: Ports, terraform: Provisioner, settings: Settings, *, replace: list[str]) -> Outcome:
    """Plan into the stack's plan file."""
    with ports.narrator.progress("Planning") as on_progress:
        terraform.init()
        outcome = terraform.plan(ports.workspace.plan_file, replace=replace, on_progress=on_progress)
    check(ports, outcome, settings, stack=ports.workspace.name)
    return outcome


def shown(ports: Ports, terraform: Provisioner, outcome: Outcome, settings: Settings) -> tuple[Change, ...]:
    """Show the changes and return them; details cost a start of the provider, so only edits get them."""
    changes = outcome.changes
    if any(c.action in ("update", "replace") for c in changes):
        changes = terraform.details(ports.workspace.plan_file)
    ports.narrator.show_plan(changes, settings)
    return changes
