"""AWS Deep Learning Containers: what there is, and running one on the host as the host's role."""

import shlex
from collections.abc import Callable, Sequence

from gpuinfra.features.containers import dlc_images, docker_args
from gpuinfra.features.containers.dlc_images import DlcImage, TaggedImage
from gpuinfra.features.containers.docker import at_terminal, inspect, session
from gpuinfra.features.containers.docker_args import ContainerSpec
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command
from gpuinfra.ground.text import table
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

# Part of its address: a state from before modules/host was one module lacks the rest.
POLICY = "module.instance.aws_iam_role_policy.dlc"
NEWEST = 3

Ask = Callable[[str], Sequence[TaggedImage]]


def images(region: str, ask: Ask, *, framework: str, processor: str, everything: bool) -> list[DlcImage]:
    """Return what there is in a region; `ask` takes a repository. Of each kind the newest few, or all.

    Raises:
        ConfigError: no such framework, or no such processor.
    """
    if processor not in ("", "gpu", "cpu"):
        raise ConfigError(f"the processor is {processor!r}; it must be gpu or cpu", hint="gpuinfra dlc list")
    names = [it for it in dlc_images.REPOSITORIES if it.startswith(framework)]
    if not names:
        known = sorted({it.rpartition("-")[0] for it in dlc_images.REPOSITORIES})
        raise ConfigError(
            f"the framework is {framework!r}; there are: {', '.join(known)}", hint="gpuinfra dlc list"
        )
    found: list[DlcImage] = []
    for name in names:
        every = dlc_images.images(name, region, ask(name))
        if not everything:
            every = [it for it in every if it.platform != "sagemaker"]
        for kind in ("gpu", "cpu"):
            of_kind = [it for it in every if it.processor == kind and processor in ("", kind)]
            found += of_kind if everything else of_kind[:NEWEST]
    return found


def run(world: World, given: str, argv: Sequence[str]) -> list[str]:
    """Return the command line that pulls the image there and runs it.

    Raises:
        ConfigError: the image is none of AWS's, or the host's role may not pull it.
        HostError: no container can run there, or its driver is too old for the image.
    """
    recorded = world.recorded_host()
    image = dlc_images.full_name(given, recorded.region)
    if not any(POLICY in address for address in world.state.read().resources):
        raise ConfigError(
            "the host's role may not pull AWS Deep Learning Containers: dlc_access is false",
            hint=f"set dlc_access = true in terraform.tfvars, then: {command('up', recorded.stack)}",
        )
    host, engine = inspect(world, image=image, prepare=True)
    docker_args.check_cuda(image, dlc_images.cuda_of(image), engine.driver)
    spec = ContainerSpec(
        image=image, folder=world.folder, argv=argv, gpus=host.gpu_count > 0, terminal=at_terminal()
    )
    ecr = f"{engine.home}/{host_bundle.place('ecr.py')}"  # inspect() has just brought it there
    pull = shlex.join(["/usr/bin/python3", "-I", ecr, "pull", image, "--", *engine.command])
    # 125 is what docker itself ends with when it could not run a container
    return session(world, host, f"( {pull} ) || exit 125; exec " + shlex.join(docker_args.run(engine, spec)))


def region_of(world: World, default: Callable[[], str]) -> str:
    """Return the stack's region, the user's own before it is set up."""
    return world.values.read().region if world.values.exists() else default()


def images_table(images: Sequence[DlcImage]) -> str:
    """Return images as a table."""
    rows = [(it.framework, it.version, it.processor, it.python, it.cuda or "-", it.image) for it in images]
    return table([("FRAMEWORK", "VERSION", "FOR", "PYTHON", "CUDA", "IMAGE"), *rows])
