"""AWS Deep Learning Containers: what there is, and running one on the host as the host's role."""

import shlex
from collections.abc import Callable, Sequence

from gpuinfra import containers, dlc, helpers
from gpuinfra.actions.docker import look
from gpuinfra.containers import Container
from gpuinfra.dlc import Image, Tagged
from gpuinfra.errors import ConfigError
from gpuinfra.hints import command
from gpuinfra.model import Host
from gpuinfra.ports import Ports
from gpuinfra.recorded import recorded_host

# Part of its address: a state from before modules/host was one module lacks the rest.
POLICY = "module.instance.aws_iam_role_policy.dlc"
FILES = ("ecr.py",)
NEWEST = 3

Ask = Callable[[str], Sequence[Tagged]]


def images(region: str, ask: Ask, *, framework: str, processor: str, everything: bool) -> list[Image]:
    """Return what there is in a region; `ask` takes a repository. Of each kind the newest few, or all.

    Raises:
        ConfigError: no such framework.
    """
    names = [it for it in dlc.REPOSITORIES if it.startswith(framework)]
    if not names:
        known = sorted({it.rpartition("-")[0] for it in dlc.REPOSITORIES})
        raise ConfigError(
            f"the framework is {framework!r}; there are: {', '.join(known)}", hint="gpuinfra dlc list"
        )
    found: list[Image] = []
    for name in names:
        every = dlc.images(name, region, ask(name))
        if not everything:
            every = [it for it in every if it.platform != "sagemaker"]
        for kind in ("gpu", "cpu"):
            of_kind = [it for it in every if it.processor == kind and processor in ("", kind)]
            found += of_kind if everything else of_kind[:NEWEST]
    return found


def run(ports: Ports, given: str, argv: Sequence[str], *, terminal: bool) -> tuple[Host, str]:
    """Return the host and the command that pulls the image there and runs it.

    Raises:
        ConfigError: the image is none of AWS's, or the host's role may not pull it.
        HostError: no container can run there, or its driver is too old for the image.
    """
    recorded = recorded_host(ports.state, ports.workspace.name)
    image = dlc.full_name(given, recorded.region)
    if not any(POLICY in address for address in ports.state.read().resources):
        raise ConfigError(
            "the host's role may not pull AWS Deep Learning Containers: dlc_access is false",
            hint=f"set dlc_access = true in terraform.tfvars, then: {command('up', recorded.stack)}",
        )
    host, engine = look(ports, image=image, prepare=True)
    containers.check_cuda(image, dlc.cuda_of(image), engine.driver)
    box = Container(image=image, argv=argv, gpus=host.gpu_count > 0, terminal=terminal)
    pull = helpers.command(FILES, ["pull", image, "--", *engine.command])
    # 125 is what docker itself ends with when it could not run a container
    return host, f"( {pull} ) || exit 125; exec " + shlex.join(containers.run(engine, box))
