"""The commands about containers on the host, as in cli.py: `gpuinfra docker ...` and `gpuinfra dlc ...`."""

from typing import Annotated

import typer

from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK

Command = Annotated[list[str] | None, typer.Argument(help="What to run in it, after --; default: a shell.")]
Image = Annotated[str, typer.Option(metavar="NAME", help="Another image than that of your environment.")]
IMAGE = "gpuinfra"
OURS_FIRST = {"allow_interspersed_args": False}  # what follows the first word of the command is its own


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
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Build every step anew.")] = False,
) -> None:
    """Build an image of environment.yml on the host. The CUDA base fits its driver."""
    from gpuinfra.cli import commands_docker

    commands_docker.build(stack, no_cache=no_cache)


def run(command: Command = None, stack: Stack = DEFAULT_STACK, image: Image = IMAGE) -> None:
    """Run a command in a container. It has the GPUs, the synced project, and your user."""
    from gpuinfra.cli import commands_docker

    commands_docker.run(stack, command or ["bash"], image=image)


def shell(stack: Stack = DEFAULT_STACK, image: Image = IMAGE) -> None:
    """Open a shell in a container."""
    from gpuinfra.cli import commands_docker

    commands_docker.run(stack, ["bash"], image=image)


def jupyter(
    stack: Stack = DEFAULT_STACK,
    port: Annotated[int, typer.Option(envvar="GPUINFRA_PORT", help="Here and on the host.")] = 8888,
    image: Image = IMAGE,
) -> None:
    """Run JupyterLab in a container. A tunnel leads to it; Ctrl-C ends it."""
    from gpuinfra.cli import commands_docker

    commands_docker.jupyter(stack, image=image, port=port)


def dlc_list(
    framework: Annotated[str, typer.Argument(help="pytorch, tensorflow ...; default: all.")] = "",
    processor: Annotated[str, typer.Option("--for", metavar="gpu|cpu", help="Default: both.")] = "",
    region: Annotated[str, typer.Option(help="Default: the stack's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Not only the newest of each kind.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask ECR, even if asked today.")] = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List AWS Deep Learning Containers, as ECR has them. Asked once a day."""
    from gpuinfra.cli import commands_docker as commands

    chosen = {"framework": framework, "processor": processor, "region": region}
    found = commands.dlc_list(stack, **chosen, everything=everything, refresh=refresh)
    result(commands.dlc_text(found), [vars(image) for image in found], as_json)


def dlc_run(
    image: Annotated[str, typer.Argument(help="As `dlc list` shows it; the registry may be left out.")],
    command: Command = None,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Run a command in such a container. It is pulled as the host's own role."""
    from gpuinfra.cli import commands_docker

    words = (command or [])[1:] if command and command[0] == "--" else command
    commands_docker.dlc_run(stack, image, words or ["bash"])
