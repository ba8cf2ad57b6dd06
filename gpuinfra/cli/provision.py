"""What Terraform makes: plan, up (apply), ip, status, down (destroy), recover, allow, output."""

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpuinfra import factory
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Cidr, Force, Json, Stack, Yes, result
from gpuinfra.factory import host_parts, initial, spot_parts
from gpuinfra.ground import shell_path
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.provision.status import Status
    from gpuinfra.features.provision.up import Consent
    from gpuinfra.ground.world import World


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("up", epilog=examples("up", "up --yes --wait 2h", "up --yes --no-wait"))(apply)
    app.command("down", epilog=examples("down", "down --stack big"))(destroy)
    for command in (plan, ip, recover, output):
        app.command()(command)
    app.command(epilog=examples("status", "status --watch", "status --live"))(status)
    app.command(epilog=examples("allow", "allow --add --cidr 203.0.113.7"))(allow)


def add_terraforms_names_to(app: typer.Typer) -> None:
    """Add the names that Terraform has for up and down; the list of commands shows those of ours."""
    app.command(hidden=True)(apply)
    app.command(hidden=True)(destroy)


def plan(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what `up` would do; nothing is changed."""
    from gpuinfra.features.provision import plan

    world = factory.world(stack, os.environ)
    planned = plan.plan(world, initial.init_values(os.environ))
    spot_parts.tell_market(world)
    result("", planned.plain(), as_json)


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
        str, typer.Option(metavar="TIME", help="Where AWS has no host: ask again for so long, such as 2h.")
    ] = "",
    follow: Annotated[
        bool,
        typer.Option(
            "--follow/--no-wait",
            envvar="GPUINFRA_WAIT",
            help="Follow the host until its environment is proven.",
        ),
    ] = True,
    until_ready: Annotated[
        bool,
        typer.Option("--until-ready", help="Keep a host that is replaced until the new one is proven."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make, change or start the host; print its public IP.

    `apply` is the same.
    """
    from gpuinfra.features.capacity.wait import wait_s
    from gpuinfra.features.provision.up import Consent

    world, asked_s = factory.world(stack, os.environ), wait_s(wait, stack)
    consent = Consent(yes=yes, replace=replace, running=host_parts.running(world))
    _apply(
        world,
        consent,
        {"upgrade_image": upgrade_image, "capacity_wait_s": asked_s, "keep_old": until_ready},
        wait=follow,
        as_json=as_json,
    )


def _apply(world: "World", consent: "Consent", options: dict[str, Any], *, wait: bool, as_json: bool) -> None:
    from gpuinfra.features.provision.up import up

    make = partial(
        up,
        world,
        initial.init_values(os.environ),
        consent,
        wait=wait,
        living=host_parts.living_host(world, yes=consent.yes),
        **options,
    )
    host = spot_parts.with_restarts(world, os.environ, make, is_ready=wait)
    if line := shell_path.off_path(os.environ):
        world.reporter.say(f"here gpuinfra is no command yet: {line}")
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
    from gpuinfra.features.spot import at_risk

    doing = metrics.for_status(world, now.running_host, asked=live)
    risk = spot_parts.work_at_risk(now, doing)
    result(
        f"{now.text()}{metrics_text.lines(doing)}{at_risk.line(risk)}",
        {**now.plain(doing), "at_risk": risk},
        as_json,
    )


def destroy(
    stack: Stack = DEFAULT_STACK, yes: Yes = False, force: Force = False, as_json: Json = False
) -> None:
    """Remove everything that costs money. Asks AWS whether it is gone.

    `destroy` is the same.
    """
    from gpuinfra.features.provision import down

    world = factory.world(stack, os.environ)
    done = down.destroy(world, yes=yes, force=force, running=host_parts.running(world))
    result("", done.plain(), as_json)


def recover(
    stack: Stack = DEFAULT_STACK,
    host: Annotated[str, typer.Option(metavar="ID", help="Which host, where there are several.")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take over a host whose state is lost or damaged. The host does not notice."""
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
    cidrs = allow.allow(world, cidr=cidr or initial.my_cidr(os.environ), add=add)
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
