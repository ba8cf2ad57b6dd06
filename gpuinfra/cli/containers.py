"""The commands about containers on the host: `gpuinfra docker ...` and `gpuinfra dlc ...`."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import OURS_FIRST, Browser, Json, LocalPort, NoSync, Stack, become, result
from gpuinfra.factory import host_parts
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.containers.dlc import Ask
    from gpuinfra.features.containers.docker import Before
    from gpuinfra.ground.world import World

Command = Annotated[list[str] | None, typer.Argument(help="What to run in it, after --; default: a shell.")]
Image = Annotated[str, typer.Option(metavar="NAME", help="Another image than that of your environment.")]
IMAGE = "gpuinfra"


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(_docker(), name="docker")
    app.add_typer(_dlc(), name="dlc")


def _docker() -> typer.Typer:
    group = typer.Typer(
        help="Containers with GPUs on the host, from your environment.yml.", no_args_is_help=True
    )
    for command in (build, shell, jupyter):
        group.command()(command)
    group.command(context_settings=OURS_FIRST)(run)
    return group


def _dlc() -> typer.Typer:
    group = typer.Typer(help="AWS Deep Learning Containers.", no_args_is_help=True)
    group.command("list")(dlc_list)
    group.command("run", context_settings=OURS_FIRST)(dlc_run)
    return group


def build(
    stack: Stack = DEFAULT_STACK,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Your own Dockerfile, in place of environment.yml.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Rebuild every step.")] = False,
    no_sync: NoSync = False,
) -> None:
    """Build an image of environment.yml on the host. The CUDA base fits its driver.

    With the packages of Ubuntu that apt.txt names, if there is one. The project goes to the host first, as by
    `gpuinfra sync up`.
    """
    from gpuinfra.features.containers import docker
    from gpuinfra.features.environment.host_environment import pip_parts

    world, before = _begin(stack, no_sync)
    if file:
        become(docker.build_own(world, file, host_parts.synced_root(), before, no_cache=no_cache))
    become(docker.build(world, pip_parts, before, no_cache=no_cache))


def run(
    command: Command = None, stack: Stack = DEFAULT_STACK, image: Image = IMAGE, no_sync: NoSync = False
) -> None:
    """Run a command in a container. It has the GPUs, the project, which goes there first, and your user."""
    from gpuinfra.features.containers import docker

    world, before = _begin(stack, no_sync)
    become(docker.run(world, command or ["bash"], before, image=image))


def shell(stack: Stack = DEFAULT_STACK, image: Image = IMAGE, no_sync: NoSync = False) -> None:
    """Open a shell in a container."""
    from gpuinfra.features.containers import docker

    world, before = _begin(stack, no_sync)
    become(docker.run(world, ["bash"], before, image=image))


def jupyter(
    stack: Stack = DEFAULT_STACK,
    port: LocalPort = 0,
    image: Image = IMAGE,
    browser: Browser = True,
    stop: Annotated[bool, typer.Option("--stop", help="End JupyterLab and its container.")] = False,
    no_sync: NoSync = False,
    as_json: Json = False,
) -> None:
    """Open JupyterLab in a container. Ctrl-C ends the tunnel to it and leaves it running."""
    from gpuinfra.features.containers import jupyter as container
    from gpuinfra.features.web import serve

    world, before = _begin(stack, no_sync)
    if stop:
        stopped = container.stop(world)
        return result("stopped" if stopped else "it was not running", {"stopped": stopped}, as_json)
    serve.serve(
        world,
        host_parts.tunnel(world),
        partial(container.start, world, image=image, before=before),
        verb=container.VERB,
        port=port,
        page=host_parts.page(f"{stack}-docker", os.environ) if browser else None,
        on_ready=lambda lab: result(lab.url, lab, as_json),
    )


def _begin(stack: str, no_sync: bool) -> "tuple[World, Before]":
    """Return what begins a command: the world, and what is done on the host before."""
    world = factory.world(stack, os.environ)
    return world, host_parts.sync_first(world, os.environ, no_sync=no_sync)


def dlc_list(
    framework: Annotated[
        str, typer.Argument(help="pytorch, vllm ..., or any repository of theirs; default: all known.")
    ] = "",
    processor: Annotated[str, typer.Option("--for", metavar="gpu|cpu", help="Default: both.")] = "",
    region: Annotated[str, typer.Option(help="Default: the stack's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Not only the newest of each kind.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask ECR, even if asked today.")] = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List AWS Deep Learning Containers, as ECR has them. Asked once a day."""
    from gpuinfra.features.containers import dlc

    region = region or dlc.region_of(factory.world(stack, os.environ), factory.default_region)
    catalog = host_parts.catalog(region, os.environ, refresh=refresh)
    images = dlc.images(region, catalog, framework=framework, processor=processor, everything=everything)
    result(dlc.images_table(images), [vars(image) for image in images], as_json)


def dlc_run(
    image: Annotated[str, typer.Argument(help="As `dlc list` shows it; the registry may be left out.")],
    command: Command = None,
    stack: Stack = DEFAULT_STACK,
    no_sync: NoSync = False,
) -> None:
    """Run a command in an AWS Deep Learning Container. It is pulled as the host's own role."""
    from gpuinfra.features.containers import dlc

    words = (command or [])[1:] if command and command[0] == "--" else command
    world, before = _begin(stack, no_sync)
    become(dlc.run(world, image, words or ["bash"], before, catalog=_catalog))


def _catalog(region: str, refresh: bool) -> "Ask":
    return host_parts.catalog(region, os.environ, refresh=refresh)
