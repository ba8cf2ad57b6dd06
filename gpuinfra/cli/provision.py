"""What Terraform makes: init, plan, apply, ip, status, destroy, recover, allow, output; eject, trust."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, Yes, result
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.provision.status import Status
    from gpuinfra.features.provision.up import Consent
    from gpuinfra.ground.world import World

Cidr = Annotated[str, typer.Option(metavar="CIDR", help="The address to let in; default: your own.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (init, plan, apply, ip, status, destroy, recover, allow, output, eject, trust):
        app.command()(command)


def add_aliases_to(app: typer.Typer) -> None:
    """Add the second names; the list of commands shows them last."""
    app.command("up", help="The same as apply.")(apply)
    app.command("down", help="The same as destroy.")(destroy)


def init(
    stack: Stack = DEFAULT_STACK,
    region: Annotated[str, typer.Option(help="AWS region; default: your AWS configuration's.")] = "",
    owner: Annotated[str, typer.Option(help="Who pays; default: your login name.")] = "",
    cidr: Cidr = "",
    public_key: Annotated[Path | None, typer.Option(help="Default: a key of gpuinfra's own.")] = None,
    instance_type: Annotated[str, typer.Option(metavar="TYPE", help="EC2 type; default: g4dn.xlarge.")] = "",
    begin_with: Annotated[
        str,
        typer.Option("--from", metavar="PROFILE", help="Begin with values of another stack, or of a file."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    as_json: Json = False,
) -> None:
    """Write terraform.tfvars with your own address and key. A directory in no project becomes one."""
    from gpuinfra.features.provision import init

    world = factory.world_for_init(stack, os.environ)
    values = factory.init_values(
        os.environ, region=region, owner=owner, cidr=cidr, instance_type=instance_type, asks=True,
        public_key=public_key, profile=factory.profile(world, begin_with),
    )  # fmt: skip
    path = init.init(world, values, force=force)
    result(str(path), {"path": str(path)}, as_json)


def plan(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what an apply would do; nothing is changed."""
    from gpuinfra.features.provision import plan

    planned = plan.plan(factory.world(stack, os.environ), factory.init_values(os.environ))
    result("", planned, as_json)


def apply(
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    upgrade_image: Annotated[
        bool,
        typer.Option("--upgrade-image", help="Replace the host, and its disk, by one on the newest image."),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --yes: replace a host if need be; its disk is deleted.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(envvar="GPUINFRA_WAIT", help="Follow the host until its environment is proven.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make or change the host, start it if it is stopped, and print its public IP."""
    from gpuinfra.features.provision.up import Consent

    world = factory.world(stack, os.environ)
    consent = Consent(yes=yes, replace=replace, running=factory.running(world))
    _apply(world, consent, upgrade_image=upgrade_image, wait=wait, as_json=as_json)


def _apply(world: "World", consent: "Consent", *, upgrade_image: bool, wait: bool, as_json: bool) -> None:
    from gpuinfra.features.provision.up import up

    values, living = factory.init_values(os.environ), factory.living_host(world, yes=consent.yes)
    host = up(world, values, consent, upgrade_image=upgrade_image, wait=wait, living=living)
    result(host.address, host, as_json)


def ip(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Print the host's public IP, from Terraform's record."""
    from gpuinfra.features.provision import outputs

    address = outputs.ip(factory.world(stack, os.environ))
    result(address, {"public_ip": address}, as_json)


def status(
    stack: Stack = DEFAULT_STACK,
    watch: Annotated[bool, typer.Option("--watch", help="Follow its boot until it is ready.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="What it does now; shown anyway while connected.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what was recorded and what is there now. GPUs, jobs and disk over an open connection."""
    from gpuinfra.features.provision import status

    world = factory.world(stack, os.environ)
    _show_status(world, status.status(world, watch=watch), live=live, as_json=as_json)


def _show_status(world: "World", now: "Status", *, live: bool, as_json: bool) -> None:
    from gpuinfra.features.gpu import metrics, metrics_text

    doing = metrics.for_status(world, now.running_host, asked=live)
    result(now.text() + metrics_text.lines(doing), now.plain(doing), as_json)


def destroy(stack: Stack = DEFAULT_STACK, yes: Yes = False, as_json: Json = False) -> None:
    """Remove everything that costs money. Asks AWS whether it is gone."""
    from gpuinfra.features.provision import down

    world = factory.world(stack, os.environ)
    outcome = down.destroy(world, yes=yes, running=factory.running(world))
    result("", {"destroyed": outcome.destroyed}, as_json)


def recover(
    stack: Stack = DEFAULT_STACK,
    host: Annotated[str, typer.Option(metavar="ID", help="Which host, where there are several.")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take over a host whose state is lost, damaged or another's. The host does not notice."""
    from gpuinfra.features.provision import recover

    found = recover.recover(factory.world(stack, os.environ), host_id=host, yes=yes)
    result(found.address if found else "", found, as_json)


def allow(
    stack: Stack = DEFAULT_STACK,
    cidr: Cidr = "",
    add: Annotated[bool, typer.Option("--add", help="Keep the addresses let in so far.")] = False,
    as_json: Json = False,
) -> None:
    """Let your present address in, after it has changed."""
    from gpuinfra.features.provision import allow

    world = factory.world(stack, os.environ)
    cidrs = allow.allow(world, cidr=cidr or factory.my_cidr(os.environ), add=add)
    result("\n".join(cidrs), {"allowed_cidrs": list(cidrs)}, as_json)


def output(
    name: Annotated[str, typer.Argument(help="One output; default: all.")] = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Print Terraform's outputs, from its record."""
    from gpuinfra.features.provision import outputs

    recorded = outputs.outputs(factory.world(stack, os.environ), name)
    result(recorded.text(), recorded.plain(), as_json)


def eject(as_json: Json = False) -> None:
    """Put our Terraform module into your project as your own, to edit and keep without gpuinfra."""
    folder = str(factory.eject(os.environ))
    result(folder, {"ejected": folder}, as_json)


def trust(
    directory: Annotated[Path, typer.Argument(help="In it; default: here.")] = Path(),
    as_json: Json = False,
) -> None:
    """Let a project that you did not make run: its Terraform and scripts use your AWS credentials."""
    from gpuinfra.features.trust import trust

    project = str(trust.trust(directory, factory.trusted_projects(os.environ)))
    result(project, {"trusted": project}, as_json)
