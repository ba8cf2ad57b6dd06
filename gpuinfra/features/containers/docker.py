"""Containers on the host: what is there, and the command line of ssh that runs one."""

import json
import shlex
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
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

Before = Callable[[Host], None]
"""What is done on the connected host before docker is asked; it raises what forbids to go on."""

# In an image its packages come from conda-forge without anybody's terms.
INSTALLER, PINS = "miniforge", "installers.toml"
INSPECT_TIMEOUT_S = 900.0  # docker may be installed meanwhile, or restarted


def inspect(
    world: World, before: Before, *, image: str, prepare: bool = False, pip_parts: PipParts | None = None
) -> tuple[Host, DockerInfo]:
    """Return the host and its docker, checked; tell what was changed there. `pip_parts` is for a build.

    A host without GPUs gets docker if its image has none; with GPUs it needs NVIDIA's toolkit as well, which
    comes with the image.

    Raises:
        HostError: no container can run there.
    """
    host = connect(world)
    before(host)
    options = [*(["--prepare"] if prepare else []), *([] if host.gpu_count else ["--install"])]
    options += [] if pip_parts is None else ["--build"]
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


def build(
    world: World, parts_of: Callable[[Sequence[Path]], PipParts], before: Before, *, no_cache: bool
) -> list[str]:
    """Return the command line that builds the image of environment.yml there, from the lock if there is one.

    parts_of: splits the pip sections off such files as may be the host's environment.yml.

    Raises:
        HostError: no container can run there, or its lock does not belong to its environment.yml.
    """
    pins = tomllib.loads((world.project.templates / PINS).read_text(encoding="utf-8"))[INSTALLER]
    parts = parts_of([world.project.root / "environment.yml", Path.cwd() / "environment.yml"])
    host, engine = inspect(world, before, image=docker_args.IMAGE, prepare=True, pip_parts=parts)
    if engine.build_error:
        renew = f"gpuinfra env lock && {command('sync up', host.stack)}"
        raise HostError(f"the image cannot be built from the lock: {engine.build_error}", hint=renew)
    image, _ = docker_args.base(engine.driver)
    world.reporter.say(f"building {docker_args.IMAGE} from {engine.build_context}/environment.yml on {image}")
    argv = docker_args.build(
        engine,
        dockerfile=f"{engine.home}/{host_bundle.place('Dockerfile')}",
        context=engine.build_context,
        values={"INSTALLER_URL": pins["url"], "INSTALLER_SHA256": pins["sha256"]},
        no_cache=no_cache,
    )
    return session(world, host, "exec " + shlex.join(argv))


def build_own(world: World, file: Path, root: Path, before: Before, *, no_cache: bool) -> list[str]:
    """Return the command line that builds the image there from the user's own Dockerfile, below `root`.

    Raises:
        ConfigError: there is no such file, or it does not go to the host.
        HostError: no container can run there.
    """
    if not file.is_file() or not file.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            f"the Dockerfile is {str(file)!r}; it must be a file below {root}",
            hint="gpuinfra docker build   # without --file: of environment.yml",
        )
    host, engine = inspect(world, before, image=docker_args.IMAGE, prepare=True)
    context = f"{engine.home}/{world.folder}"
    place = f"{context}/{file.resolve().relative_to(root.resolve()).as_posix()}"
    world.reporter.say(f"building {docker_args.IMAGE} from {place}")
    argv = docker_args.build(engine, dockerfile=place, context=context, values={}, no_cache=no_cache)
    return session(world, host, "exec " + shlex.join(argv))


def run(world: World, argv: Sequence[str], before: Before, *, image: str) -> list[str]:
    """Return the command line that runs a container there."""
    host, engine = ready(world, image, before)
    spec = ContainerSpec(
        image=image, folder=world.folder, argv=argv, gpus=host.gpu_count > 0, terminal=at_terminal()
    )
    return session(world, host, "exec " + shlex.join(docker_args.run(engine, spec)))


def at_terminal() -> bool:
    """Tell whether there is a terminal here, so that the container may have one."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def session(world: World, host: Host, line: str) -> list[str]:
    """Return the command line of ssh that runs a shell line there, with a terminal if there is one here."""
    return world.ssh.argv(host, [line], options=["-t"] if at_terminal() else [])


def ready(world: World, image: str, before: Before) -> tuple[Host, DockerInfo]:
    """Return the host and its docker, where the image is what is to be run.

    Raises:
        HostError: no container can run there, or the image of the environment was not built.
    """
    host, engine = inspect(world, before, image=image)
    if image == docker_args.IMAGE and not engine.has_image:
        raise HostError(
            "the image of your environment is not on the host", hint=command("docker build", host.stack)
        )
    return host, engine
