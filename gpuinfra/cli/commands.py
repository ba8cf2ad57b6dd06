"""One function per command: builds the real ports, runs the action, says the next command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.hints import command
from gpuinfra.ground.recorded import recorded_host

if TYPE_CHECKING:
    from gpuinfra.ground.model import Host, Outcome, Status, TerraformPlan


def init(stack: str, *, region: str, owner: str, cidr: str, public_key: Path | None, force: bool) -> Path:
    """Write the stack's terraform.tfvars, and install the provider if that has not been done."""
    path = _init(stack, region=region, owner=owner, cidr=cidr, public_key=public_key, force=force)
    world = factory.world(stack, os.environ)
    with world.reporter.progress("Installing Terraform's AWS provider"):
        world.terraform().init()
    world.reporter.say(f"next: edit it if you like, then {command('up', stack)}")
    return path


def plan(stack: str) -> TerraformPlan:
    """Show what an apply would do."""
    from gpuinfra.features.provision.plan import plan as action

    _set_up(stack)
    return action(factory.world(stack, os.environ))


def apply(stack: str, *, yes: bool, upgrade_image: bool, wait: bool) -> Host:
    """Make the host and follow its first boot; set the stack up first if that has not been done."""
    from gpuinfra.cli import commands_host
    from gpuinfra.features.provision.up import apply as action

    _set_up(stack)
    world = factory.world(stack, os.environ)
    host = action(world, yes=yes, upgrade_image=upgrade_image)
    world.reporter.say(f"host {host.instance_id} ({host.instance_type}, {host.ami_name}) is up")
    if wait:
        commands_host.follow(world, host)
    world.reporter.say(f"next: {command('ssh', stack)}; {command('down', stack)} ends the cost")
    return host


def ip(stack: str) -> str:
    """Return the recorded public IP.

    Raises:
        HostError: there is no host, or it has none.
    """
    host = recorded_host(factory.state(stack, os.environ), stack)
    if host.is_private:
        message = f"the host {host.instance_id} has no public address: Session Manager leads to it"
        raise HostError(message, hint=command("ssh", stack))
    if not host.public_ip:
        message = f"the host {host.instance_id} has no public address: was it stopped?"
        raise HostError(message, hint=command("status", stack))
    return host.public_ip


def status(stack: str) -> Status:
    """Return what was recorded and what EC2 says."""
    from gpuinfra.features.provision.status import status as action

    return action(factory.world(stack, os.environ))


def watched_status(stack: str) -> Status:
    """Follow the host's boot first, then return its status."""
    from gpuinfra.cli import commands_host

    commands_host.watch(stack)
    return status(stack)


def status_text(status: Status) -> str:
    """Return a status as lines of "name  value"."""
    host, now = status.host, status.instance
    rows: list[tuple[str, object]] = [("stack", status.stack)]
    if now:
        rows += [("state", now.state), ("launched", now.launched)]
        rows += [] if host else [("host", now.instance_id), ("type", now.instance_type)]
    if host:
        address = "none (access = ssm)" if host.is_private else now.public_ip if now else host.public_ip
        rows += [("host", host.instance_id), ("type", f"{host.instance_type} ({host.gpu_count} GPU)")]
        rows += [("public IP", address or "none"), ("region", host.availability_zone)]
        rows += [("image", f"{host.ami_name} ({host.ami_id})"), ("disk", f"{host.root_volume_size_gb} GB")]
        rows += [
            ("ssh from", "anywhere, by Session Manager" if host.is_private else ", ".join(host.allowed_cidrs))
        ]
    if status.note:
        rows.append(("note", status.note))
    return "\n".join(f"{name:<10} {value}" for name, value in rows)


def destroy(stack: str, *, yes: bool) -> Outcome:
    """Remove the host and all that belongs to it."""
    from gpuinfra.cli.commands_jobs import host_jobs
    from gpuinfra.features.gpu.metrics import running
    from gpuinfra.features.provision.down import destroy as action

    world = factory.world(stack, os.environ)
    return action(world, yes=yes, running=lambda host: running(world, host_jobs(), host))


def allow(stack: str, *, cidr: str, add: bool) -> tuple[str, ...]:
    """Let an address in."""
    from gpuinfra.features.provision.allow import allow as action

    return action(factory.world(stack, os.environ), cidr=cidr or factory.my_cidr(os.environ), add=add)


def output(stack: str, name: str) -> dict[str, object]:
    """Return the recorded outputs.

    Raises:
        HostError: there is no host.
        ConfigError: there is no output of that name.
    """
    state = factory.state(stack, os.environ)
    recorded_host(state, stack)
    values = state.read().outputs
    if name and name not in values:
        raise ConfigError(f"there is no output {name!r}; there are: {', '.join(sorted(values))}")
    return values


def output_text(values: dict[str, object], name: str) -> str:
    """Return one value bare, or all as "name = value"."""
    if name:
        return _text(values[name])
    return "\n".join(f"{key} = {_text(value)}" for key, value in sorted(values.items()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _init(stack: str, *, region: str, owner: str, cidr: str, public_key: Path | None, force: bool) -> Path:
    from gpuinfra.features.provision.init import init as action

    world = factory.world(stack, os.environ)
    answers = factory.answers(os.environ, region=region, owner=owner, cidr=cidr, public_key=public_key)
    return action(world.values, world.reporter, stack=stack, answers=answers, force=force)


def _set_up(stack: str) -> None:
    """Write terraform.tfvars if this is the first command of a new user."""
    world = factory.world(stack, os.environ)
    if not world.values.exists():
        world.reporter.say("no terraform.tfvars yet: writing one")
        _init(stack, region="", owner="", cidr="", public_key=None, force=False)
