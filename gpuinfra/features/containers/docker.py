"""Containers on the host: what is there, and the command line of ssh that runs one."""

import json
import shlex
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.containers import docker_args
from gpuinfra.features.containers.docker_args import ContainerSpec, DockerInfo
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

PipParts = Mapping[str, Sequence[str]]
"""sha256 of an environment.yml -> the lines of its pip section: split here, where the one parser is."""

# In an image its packages come from conda-forge without anybody's terms.
INSTALLER, PINS = "miniforge", "cloud-init/installers.toml"
INSPECT_TIMEOUT_S = 240.0  # docker may be restarted meanwhile
# JupyterLab's token is made on the host and stays out of every command line.
NEW_KEY = """JUPYTER_TOKEN="$(od -An -N24 -tx1 /dev/urandom | tr -d ' \\n')"; export JUPYTER_TOKEN; """


def inspect(
    world: World, *, image: str, prepare: bool = False, pip_parts: PipParts | None = None
) -> tuple[Host, DockerInfo]:
    """Return the host and its docker, checked; tell what was changed there. `pip_parts` is for a build.

    Raises:
        HostError: no container can run there.
    """
    host = connect(world)
    options = [*(["--prepare"] if prepare else []), *([] if pip_parts is None else ["--build"])]
    program = host_bundle.script("docker.py", world.folder, image, *options)
    stdin = b"" if pip_parts is None else json.dumps(pip_parts).encode()
    text = world.host.run(host, program, stdin=stdin, timeout_s=INSPECT_TIMEOUT_S).stdout
    if not text:
        raise HostError("the host did not say what docker is like there", hint=command("ssh", host.stack))
    engine = docker_args.parse(text)
    for note in engine.notes:
        world.reporter.say(note)
    option = "" if host.stack == DEFAULT_STACK else f" --stack {host.stack}"
    docker_args.check(engine, gpu_count=host.gpu_count, stack_option=option)
    return host, engine


def build(world: World, parts_of: Callable[[Sequence[Path]], PipParts], *, no_cache: bool) -> list[str]:
    """Return the command line that builds the image there, from the lock where there is one.

    parts_of: splits the pip sections off such files as may be the host's environment.yml.

    Raises:
        HostError: no container can run there, or its lock does not belong to its environment.yml.
    """
    root = world.project.root
    pins = tomllib.loads((root / PINS).read_text(encoding="utf-8"))
    parts = parts_of([root / "environment.yml", Path.cwd() / "environment.yml"])
    host, engine = inspect(world, image=docker_args.IMAGE, prepare=True, pip_parts=parts)
    if engine.build_error:
        renew = f"gpuinfra env lock && {command('sync up', host.stack)}"
        raise HostError(f"the image cannot be built from the lock: {engine.build_error}", hint=renew)
    dockerfile = f"{engine.home}/{host_bundle.place('Dockerfile')}"
    argv = docker_args.build(engine, dockerfile=dockerfile, installer=pins[INSTALLER], no_cache=no_cache)
    image, _ = docker_args.base(engine.driver)
    world.reporter.say(f"building {docker_args.IMAGE} from {engine.build_context}/environment.yml on {image}")
    return session(world, host, "exec " + shlex.join(argv))


def run(world: World, argv: Sequence[str], *, image: str) -> list[str]:
    """Return the command line that runs a container there."""
    host, engine = _ready(world, image)
    spec = ContainerSpec(
        image=image, folder=world.folder, argv=argv, gpus=host.gpu_count > 0, terminal=at_terminal()
    )
    return session(world, host, "exec " + shlex.join(docker_args.run(engine, spec)))


def jupyter(world: World, *, image: str, port: int) -> list[str]:
    """Return the command line that runs JupyterLab there, on the host's loopback, with a tunnel to it.

    Raises:
        ConfigError: the port is none.
    """
    if not 1024 <= port <= 65535:
        raise ConfigError(
            f"the port is {port}; it must be from 1024 to 65535", hint="gpuinfra docker jupyter --port 8886"
        )
    host, engine = _ready(world, image)
    lab = ["jupyter", "lab", "--no-browser", "--ip=0.0.0.0", f"--port={port}", "--ServerApp.port_retries=0"]
    spec = ContainerSpec(
        image=image,
        folder=world.folder,
        argv=lab,
        gpus=host.gpu_count > 0,
        terminal=at_terminal(),
        ports=(port,),
        passed=("JUPYTER_TOKEN",),
    )
    told = f'echo "JupyterLab: http://127.0.0.1:{port}/lab?token=$JUPYTER_TOKEN   (Ctrl-C ends it)" >&2; '
    # a connection of its own: through the shared one the tunnel would outlive this command
    tunnel = ["-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes", "-L", f"{port}:127.0.0.1:{port}"]
    return session(world, host, NEW_KEY + told + "exec " + shlex.join(docker_args.run(engine, spec)), tunnel)


def at_terminal() -> bool:
    """Tell whether there is a terminal here, so that the container may have one."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def session(world: World, host: Host, line: str, options: Sequence[str] = ()) -> list[str]:
    """Return the command line of ssh that runs a shell line there, with a terminal if there is one here."""
    return world.ssh.argv(host, [line], options=[*(["-t"] if at_terminal() else []), *options])


def _ready(world: World, image: str) -> tuple[Host, DockerInfo]:
    host, engine = inspect(world, image=image)
    if image == docker_args.IMAGE and not engine.has_image:
        raise HostError(
            "the image of your environment is not on the host", hint=command("docker build", host.stack)
        )
    return host, replace(engine, notes=())
