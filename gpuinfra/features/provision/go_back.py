"""`recover` while `up --until-ready` keeps the old host: that becomes the host again, the new one goes.

Planned and agreed upon in a copy of the record; what is bound to a host, its fixed address and its lease,
goes back with an apply. That the new one goes is written down before: the next `up` ends it after a kill.
"""

import json
from pathlib import Path

from gpuinfra.features.money import lease_apply
from gpuinfra.features.provision import consequences, kept_host, kept_text, plan_text, progress, until_ready
from gpuinfra.features.provision.kept_host import OWN, KeptHost
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.place import correct_for
from gpuinfra.features.provision.preflight import prepare
from gpuinfra.features.provision.takeover import VARIABLES
from gpuinfra.ground.errors import ConfigError, Declined, HostError
from gpuinfra.ground.model import UNKNOWN, Change, Host, Instance, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

COPY = "going-back.tfstate"


def go_back(world: World, kept: KeptHost, *, yes: bool) -> Host:
    """Let the kept host be the host again, and end the new one; return it.

    Raises:
        HostError: it is gone.
        ConfigError: terraform.tfvars asks for another host than that.
        Declined: the user said no; both are kept.
    """
    old, stack = _alive(world, kept), world.files.name
    settings = correct_for(world, prepare(world), old)
    new = sorted(world.state.read().ids_of("aws_instance"))
    copy = world.state.path.with_name(COPY)
    try:
        changes = _planned(world, settings, kept, copy)
        _refuse_another(world, kept, changes)
        for line in (kept_text.line(world, kept), *plan_text.plan_lines(changes, settings)):
            world.reporter.say(line)
        question = f"Go back to {kept.instance_id}, and end {', '.join(new)} with its disk?"
        if not yes and not world.reporter.confirm(question):
            raise Declined("nothing was changed: both hosts are kept", hint=command("status", stack))
        kept_host.write(world.files, kept.before, others=kept.others, goes="".join(new))
        world.state.exchange(copy)
        _apply(world, settings)
    finally:
        world.files.plan_file.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    until_ready.settle(world)
    host = world.recorded_host()
    lease_apply.renewed(world, host)
    world.reporter.say(f"{host.instance_id} is the host again; next: {command('status', stack)}")
    return host


def _alive(world: World, kept: KeptHost) -> Instance:
    old = kept_host.instance_of(world, kept)
    if old is None:
        raise HostError(
            f"{kept.instance_id}, which was kept, is gone: there is no way back to it",
            hint=command("up", world.files.name),
        )
    return old


def _planned(world: World, settings: Settings, kept: KeptHost, copy: Path) -> tuple[Change, ...]:
    """Return what an apply would change once the old host is recorded again; `copy`: where it is, so far."""
    terraform, plan_file = world.terraform(), world.files.plan_file
    world.state.put_back(kept.before, OWN, into=copy)
    terraform.give(lease_apply.values(world, settings))
    with progress.shown(world, "Planning") as on_progress:
        terraform.init()
        outcome = terraform.plan_import(plan_file, {}, state=copy, on_progress=on_progress)
    check(world, outcome, settings)
    return terraform.details(plan_file)


def _refuse_another(world: World, kept: KeptHost, changes: tuple[Change, ...]) -> None:
    """Refuse to go back to a host that terraform.tfvars would replace at once."""
    change = consequences.host_change(changes)
    if change is None or change.action == "update":
        return
    again = command("recover", world.files.name)
    causes = [it for it in change.attributes if it.forces_replacement]
    for it in causes:
        if it.name in VARIABLES and it.after != UNKNOWN:
            name, value = VARIABLES[it.name], it.before if it.before.isdigit() else json.dumps(it.before)
            raise ConfigError(
                f"terraform.tfvars says {name} = {it.after}, and {kept.instance_id} has {it.before};"
                " nothing was changed, both hosts are kept",
                hint=f"set {name} = {value} in terraform.tfvars   # then: {again}",
            )
    why = ", ".join(map(consequences.difference, causes)) or change.reason or change.action
    raise ConfigError(
        f"terraform.tfvars asks for another host than {kept.instance_id} ({why}); nothing was changed, both"
        " hosts are kept",
        hint=f"undo the edit in terraform.tfvars   # then: {again}",
    )


def _apply(world: World, settings: Settings) -> None:
    with progress.shown(world, "Going back") as on_progress:
        outcome = world.terraform().apply(
            world.files.plan_file, replace=[], target=[], on_progress=on_progress
        )
    check(world, outcome, settings)
