"""A host's life after `up`: list, stop, start, resize."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, Yes, result
from gpuinfra.factory import host_parts
from gpuinfra.factory.start import elsewhere
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE

if TYPE_CHECKING:
    from gpuinfra.ground.world import World

Wait = Annotated[
    bool, typer.Option(envvar="GPUINFRA_WAIT", help="Follow the host until its environment is proven.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("list")(list_)
    for command in (stop, start, resize):
        app.command()(command)


def list_(as_json: Json = False) -> None:
    """List the hosts of all stacks. State, type, address, since when."""
    from gpuinfra.features.lifecycle import hosts

    listed = hosts.hosts(factory.worlds(os.environ))
    result(hosts.text(listed, datetime.now(HERE)), [one.plain() for one in listed], as_json)


def stop(stack: Stack = DEFAULT_STACK, yes: Yes = False, as_json: Json = False) -> None:
    """Stop the host; its disk is kept. Says what is still running there."""
    from gpuinfra.features.lifecycle import power

    world = factory.world(stack, os.environ)
    instance = power.stop(world, yes=yes, running=host_parts.running(world, connecting=True))
    result("", instance, as_json)


def start(
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    wait: Wait = True,
    when_available: Annotated[
        bool, typer.Option("--when-available", help="No capacity: AWS tries on, this machine may be off.")
    ] = False,
    until: Annotated[str, typer.Option(metavar="TIME", help="For how long: 90m, 12h, 2d or 18:00.")] = "",
    as_json: Json = False,
) -> None:
    """Start a stopped host and print its new public IP. Where EC2 has no room for it, in another place."""
    world = factory.world(stack, os.environ)
    if when_available or until:
        return _start_later(world, when_available=when_available, until=until, wait=wait, as_json=as_json)
    _start_now(world, yes=yes, wait=wait, as_json=as_json)


def _start_now(world: "World", *, yes: bool, wait: bool, as_json: bool) -> None:
    from gpuinfra.features.lifecycle import start_elsewhere

    host = start_elsewhere.start(world, elsewhere(moves=True, yes=yes), wait=wait)
    result(host.address, host, as_json)


def _start_later(world: "World", *, when_available: bool, until: str, wait: bool, as_json: bool) -> None:
    from gpuinfra.features.lifecycle import start_elsewhere, start_later

    now, own = datetime.now(HERE), elsewhere()
    done = start_later.start(world, until=until, when_available=when_available, now=now, elsewhere=own)
    host = start_elsewhere.followed(world, own, done.host, wait=wait) if done.host else None
    result(host.address if host else "", done.plain(), as_json)


def resize(
    instance_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as g5.xlarge.")],
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Give the host another instance type. Its disk is kept: it is stopped, changed, started."""
    from gpuinfra.features.lifecycle import power, resize

    world = factory.world(stack, os.environ)
    host = resize.resize(world, instance_type, yes=yes, running=host_parts.running(world, connecting=True))
    result(host.address, power.followed(world, host, wait=wait), as_json)
