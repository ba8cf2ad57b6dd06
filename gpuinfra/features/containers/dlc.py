"""AWS Deep Learning Containers: what there is, and running one on the host as the host's role."""

import shlex
from collections.abc import Callable, Sequence

from gpuinfra.features.containers import dlc_images, docker_args
from gpuinfra.features.containers.dlc_images import DlcImage, TaggedImage
from gpuinfra.features.containers.docker import Before, at_terminal, inspect, session
from gpuinfra.features.containers.docker_args import ContainerSpec
from gpuinfra.ground import facts
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Record
from gpuinfra.ground.names import command
from gpuinfra.ground.text import table
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

# Part of its address: a state from before modules/host was one module lacks the rest.
POLICY = "module.instance.aws_iam_role_policy.dlc"
NEWEST = 3
_NO_CUDA = {"cpu": "-", "gpu": "?"}  # the newest servers' names do not tell it

Ask = Callable[[str], Sequence[TaggedImage]]
Catalog = Callable[[str, bool], Ask]
"""A region, and whether ECR is to be asked even if it was asked today -> who knows its images."""


def images(region: str, ask: Ask, *, framework: str, processor: str, everything: bool) -> list[DlcImage]:
    """Return what there is in a region; `ask` takes a repository. Of each kind the newest few, or all.

    Raises:
        ConfigError: no such framework, or no such processor.
    """
    if processor not in ("", "gpu", "cpu"):
        raise ConfigError(f"the processor is {processor!r}; it must be gpu or cpu", hint="gpuinfra dlc list")
    found: list[DlcImage] = []
    for name in dlc_images.repositories(framework):
        every = dlc_images.images(name, region, ask(name))
        if not everything:
            every = [it for it in every if it.platform != "sagemaker"]
        for kind in ("gpu", "cpu"):
            of_kind = [it for it in every if it.processor == kind and processor in ("", kind)]
            found += of_kind if everything else of_kind[:NEWEST]
    if not found and framework not in facts.dlc_repositories():
        raise ConfigError(
            f"ECR shows no images of {framework!r} in {region}; there are:"
            f" {', '.join(facts.dlc_repositories())}",
            hint="gpuinfra dlc list",
        )
    return found


def run(world: World, given: str, argv: Sequence[str], before: Before, *, catalog: Catalog) -> list[str]:
    """Return the command line that pulls the image there and runs it.

    Raises:
        ConfigError: the image is none of AWS's, or is gone, or the host's role may not pull it.
        HostError: no container can run there, or its driver is too old for the image.
    """
    recorded = world.recorded_host()
    image = dlc_images.full_name(given, recorded.region)
    if not may_pull(world.state.read()):
        raise ConfigError(
            "the host's role may not pull AWS Deep Learning Containers: dlc_access is false",
            hint=f"set dlc_access = true in terraform.tfvars, then: {command('up', recorded.stack)}",
        )
    _refuse_gone(world, image, recorded.region, catalog)
    host, engine = inspect(world, before, image=image, prepare=True)
    docker_args.check_cuda(image, dlc_images.cuda_of(image), engine.driver)
    if engine.driver and dlc_images.has_unknown_cuda(image):
        world.reporter.say(
            f"the image's name tells no CUDA: whether driver {engine.driver} serves it shows when it runs"
        )
    spec = ContainerSpec(
        image=image, folder=world.folder, argv=argv, gpus=host.gpu_count > 0, terminal=at_terminal()
    )
    ecr = f"{engine.home}/{host_bundle.place('ecr.py')}"  # inspect() has just brought it there
    pull = shlex.join(["/usr/bin/python3", "-I", ecr, "pull", image, "--", *engine.command])
    # 125 is what docker itself ends with when it could not run a container
    return session(world, host, f"( {pull} ) || exit 125; exec " + shlex.join(docker_args.run(engine, spec)))


def may_pull(record: Record) -> bool:
    """Tell whether the host's role may pull them; what another role may, only the registry says."""
    return not record.ids_of("aws_iam_role") or any(POLICY in address for address in record.resources)


def _refuse_gone(world: World, image: str, region: str, catalog: Catalog) -> None:
    """Refuse a tag that ECR does not have, with the newest of its kind; who may not ask is not held up."""
    repository, tag = image.rpartition("/")[2].split(":")
    try:
        for now in (False, True):  # what was kept may be older than the image
            pushed = catalog(region, now)(repository)
            if any(tag in it.tags for it in pushed):
                return
    except CloudError as error:
        return world.reporter.say(f"whether there is such an image, ECR does not say: {error.message}")
    newest = dlc_images.newest_like(tag, dlc_images.images(repository, region, pushed))
    stack = world.files.name
    again = f"dlc run {newest.image.rpartition('/')[2]} -- ..." if newest else ""
    raise ConfigError(
        f"there is no image {repository}:{tag} in {region}"
        + ("; the newest of its kind is in the next line" if newest else ""),
        hint=command(again, stack) if again else "gpuinfra dlc list",
    )


def region_of(world: World, default: Callable[[], str]) -> str:
    """Return the stack's region, the user's own before it is set up."""
    return world.values.read().region if world.values.exists() else default()


def images_table(images: Sequence[DlcImage]) -> str:
    """Return images as a table."""
    rows = [
        (
            it.framework,
            it.version,
            it.processor,
            it.python or "-",
            it.cuda or _NO_CUDA[it.processor],
            it.image,
        )
        for it in images
    ]
    return table([("FRAMEWORK", "VERSION", "FOR", "PYTHON", "CUDA", "IMAGE"), *rows])
