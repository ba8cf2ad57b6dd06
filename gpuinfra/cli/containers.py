"""The commands about containers on the host: `gpuinfra docker ...` and `gpuinfra dlc ...`."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import OURS_FIRST, Json, Stack, become, result
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from gpuinfra.features.containers.dlc import Ask

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
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Rebuild every step.")] = False,
) -> None:
    """Build an image of environment.yml on the host. The CUDA base fits its driver."""
    from gpuinfra.features.containers import docker
    from gpuinfra.features.environment.host_environment import pip_parts

    become(docker.build(factory.world(stack, os.environ), pip_parts, no_cache=no_cache))


def run(command: Command = None, stack: Stack = DEFAULT_STACK, image: Image = IMAGE) -> None:
    """Run a command in a container. It has the GPUs, the synced project, and your user."""
    from gpuinfra.features.containers import docker

    become(docker.run(factory.world(stack, os.environ), command or ["bash"], image=image))


def shell(stack: Stack = DEFAULT_STACK, image: Image = IMAGE) -> None:
    """Open a shell in a container."""
    from gpuinfra.features.containers import docker

    become(docker.run(factory.world(stack, os.environ), ["bash"], image=image))


def jupyter(
    stack: Stack = DEFAULT_STACK,
    port: Annotated[int, typer.Option(envvar="GPUINFRA_PORT", help="Here and on the host.")] = 8888,
    image: Image = IMAGE,
) -> None:
    """Run JupyterLab in a container. A tunnel leads to it; Ctrl-C ends it."""
    from gpuinfra.features.containers import docker

    become(docker.jupyter(factory.world(stack, os.environ), image=image, port=port))


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
    catalog = factory.catalog(region, os.environ, refresh=refresh)
    images = dlc.images(region, catalog, framework=framework, processor=processor, everything=everything)
    result(dlc.images_table(images), [vars(image) for image in images], as_json)


def dlc_run(
    image: Annotated[str, typer.Argument(help="As `dlc list` shows it; the registry may be left out.")],
    command: Command = None,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Run a command in an AWS Deep Learning Container. It is pulled as the host's own role."""
    from gpuinfra.features.containers import dlc

    words = (command or [])[1:] if command and command[0] == "--" else command
    world = factory.world(stack, os.environ)
    become(dlc.run(world, image, words or ["bash"], catalog=_catalog))


def _catalog(region: str, refresh: bool) -> "Ask":
    return factory.catalog(region, os.environ, refresh=refresh)
