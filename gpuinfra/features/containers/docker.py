"""Containers on the host: what is there, and the one shell command that a session runs."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.containers import docker_args
from gpuinfra.features.containers.docker_args import ContainerSpec, DockerInfo
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.project_dir import PROJECT_DIRECTORY
from gpuinfra.ground.protocols import World
from gpuinfra.tools.ssh import host_bundle

PipParts = Mapping[str, Sequence[str]]
"""sha256 of an environment.yml -> the lines of its pip section: split here, where the one parser is."""

LOOK_TIMEOUT_S = 240.0  # docker may be restarted meanwhile
# JupyterLab's token is made on the host and stays out of every command line.
NEW_KEY = """JUPYTER_TOKEN="$(od -An -N24 -tx1 /dev/urandom | tr -d ' \\n')"; export JUPYTER_TOKEN; """


def look(
    world: World, *, image: str, prepare: bool = False, pip_parts: PipParts | None = None
) -> tuple[Host, DockerInfo]:
    """Return the host and its docker, checked; tell what was changed there. `pip_parts` is for a build.

    Raises:
        HostError: no container can run there.
    """
    host = connect(world)
    options = [*(["--prepare"] if prepare else []), *([] if pip_parts is None else ["--build"])]
    program = host_bundle.script("docker.py", PROJECT_DIRECTORY, image, *options)
    given = b"" if pip_parts is None else json.dumps(pip_parts).encode()
    text = world.host.run(world.ssh.argv(host, []), program, given=given, timeout_s=LOOK_TIMEOUT_S).stdout
    if not text:
        raise HostError("the host did not say what docker is like there", hint=command("ssh", host.stack))
    engine = docker_args.parse(text)
    for note in engine.notes:
        world.reporter.say(note)
    option = "" if host.stack == DEFAULT_STACK else f" --stack {host.stack}"
    docker_args.check(engine, gpu_count=host.gpu_count, stack_option=option)
    return host, engine


def build(
    world: World, *, installer: Mapping[str, str], no_cache: bool, pip_parts: PipParts
) -> tuple[Host, str]:
    """Return the host and the command that builds the image there, from the lock where there is one.

    Raises:
        HostError: no container can run there, or its lock does not belong to its environment.yml.
    """
    host, engine = look(world, image=docker_args.IMAGE, prepare=True, pip_parts=pip_parts)
    if engine.build_error:
        renew = f"gpuinfra env lock && {command('sync up', host.stack)}"
        raise HostError(f"the image cannot be built from the lock: {engine.build_error}", hint=renew)
    dockerfile = f"{engine.home}/{host_bundle.place('Dockerfile')}"
    argv = docker_args.build(engine, dockerfile=dockerfile, installer=installer, no_cache=no_cache)
    image, _ = docker_args.base(engine.driver)
    world.reporter.say(f"building {docker_args.IMAGE} from {engine.build_context}/environment.yml on {image}")
    return host, "exec " + shlex.join(argv)


def run(world: World, argv: Sequence[str], *, image: str, terminal: bool) -> tuple[Host, str]:
    """Return the host and the command that runs a container there."""
    host, engine = _ready(world, image)
    box = ContainerSpec(image=image, argv=argv, gpus=host.gpu_count > 0, terminal=terminal)
    return host, "exec " + shlex.join(docker_args.run(engine, box))


def jupyter(world: World, *, image: str, port: int, terminal: bool) -> tuple[Host, str]:
    """Return the host and the command that runs JupyterLab there, on the host's loopback."""
    host, engine = _ready(world, image)
    lab = ["jupyter", "lab", "--no-browser", "--ip=0.0.0.0", f"--port={port}", "--ServerApp.port_retries=0"]
    box = ContainerSpec(
        image=image,
        argv=lab,
        gpus=host.gpu_count > 0,
        terminal=terminal,
        ports=(port,),
        passed=("JUPYTER_TOKEN",),
    )
    told = f'echo "JupyterLab: http://127.0.0.1:{port}/lab?token=$JUPYTER_TOKEN   (Ctrl-C ends it)" >&2; '
    return host, NEW_KEY + told + "exec " + shlex.join(docker_args.run(engine, box))


def _ready(world: World, image: str) -> tuple[Host, DockerInfo]:
    host, engine = look(world, image=image)
    if image == docker_args.IMAGE and not engine.has_image:
        raise HostError(
            "the image of your environment is not on the host", hint=command("docker build", host.stack)
        )
    return host, replace(engine, notes=())
