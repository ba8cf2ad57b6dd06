"""Docker on the host: what was found there in, the command lines out. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gpuinfra.ground import facts
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.reply import checked

IMAGE = "gpuinfra"


@dataclass(frozen=True, kw_only=True)
class DockerInfo:
    """Docker as host/docker.py found it; `error` is what docker said when it did not answer.

    shared_memory: of the host's /dev/shm, in bytes.
    """

    docker: str
    sudo: bool
    error: str
    toolkit: bool
    driver: str
    user: str
    uid: int
    gid: int
    shared_memory: int
    home: str
    accounts: str
    container_home: str
    build_context: str
    build_error: str = ""
    has_image: bool = False
    notes: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """Return how docker is called there; sudo drops the environment unless told otherwise."""
        return [*(["sudo", "-n", "--preserve-env=JUPYTER_TOKEN"] if self.sudo else []), self.docker]


TEXTS = ("docker", "error", "driver", "user", "home", "accounts", "container_home", "build_context")
SHAPE = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(("sudo", "toolkit"), bool),
    **dict.fromkeys(("uid", "gid", "shared_memory"), int),
    "build_error": (str, None),
    "has_image": (bool, None),
    "notes": ([str], None),
}


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """One container to run, in a folder below the home. It ends with its caller, unless it `stays`.

    passed: variables of the caller's environment that it gets.
    """

    image: str
    folder: str
    argv: Sequence[str]
    gpus: bool
    terminal: bool
    passed: Sequence[str] = ()
    entrypoint: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    stays: bool = False


def parse(text: str) -> DockerInfo:
    """Read what host/docker.py printed.

    Raises:
        HostError: it is not what that prints.
    """
    try:
        raw = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError, RecursionError):
        raw = text
    found = checked(raw, SHAPE, "docker")
    known = {name: value for name, value in found.items() if name in SHAPE and value is not None}
    return DockerInfo(**{**known, "notes": tuple(known.get("notes", ()))})


def check(engine: DockerInfo, *, gpu_count: int, stack_option: str) -> None:
    """Refuse a host where the container could not run, with the command that helps.

    Raises:
        HostError: docker, the driver or the NVIDIA container toolkit is missing or does not answer.
    """
    ssh = f"gpuinfra ssh{stack_option} --"
    if not engine.docker:
        install = "sudo apt-get update && sudo apt-get install -y docker.io"
        raise HostError("docker is not on the host", hint=f"{ssh} '{install}'")
    if engine.error:
        raise HostError(
            f"docker does not answer on the host: {engine.error}",
            hint=f"{ssh} sudo systemctl restart docker",
        )
    if gpu_count and not engine.driver:
        raise HostError(
            f"the host has {gpu_count} GPU(s), but nvidia-smi does not answer there",
            hint=f"{ssh} nvidia-smi",
        )
    if gpu_count and not engine.toolkit:
        raise HostError(
            "the NVIDIA container toolkit is not on the host, so that containers would not see its GPU; the"
            ' images "nvidia" and "aws-nvidia" have it',
            hint='set image = "aws-nvidia" in terraform.tfvars, then: gpuinfra up --upgrade-image'
            + f"{stack_option}   # a new host; deletes the disk of this one",
        )


def base(driver: str) -> tuple[str, str]:
    """Return the base image that fits a driver, and its CUDA version; without a driver a plain Ubuntu.

    Raises:
        HostError: the driver is too old for every base image.
    """
    if not driver:
        return facts.cpu_base(), ""
    have, bases = facts.version(driver), facts.cuda_bases()
    for one in bases:
        if have >= one.driver:
            return one.image, one.cuda
    raise HostError(
        f"the host's NVIDIA driver is {driver}; CUDA images need {bases[-1].driver[0]} at least",
        hint="gpuinfra up --upgrade-image   # a new host; deletes the disk of this one",
    )


def check_cuda(image: str, cuda: str, driver: str) -> None:
    """Refuse an image that the host's driver cannot serve, before gigabytes of it are fetched.

    Raises:
        HostError: the driver is too old.
    """
    major = int(cuda.split(".")[0]) if cuda else 0
    known = facts.least_driver()
    least = known.get(major, max(known.values()) if major > max(known) else 0)
    if driver and facts.version(driver)[0] < least:
        raise HostError(
            f"{image} needs CUDA {cuda}, which drivers from {least} on serve; the host has {driver}",
            hint="gpuinfra dlc list   # choose one of an older CUDA",
        )


def build(
    engine: DockerInfo, *, dockerfile: str, context: str, values: Mapping[str, str], no_cache: bool
) -> list[str]:
    """Return the command line that builds the image; its Dockerfile may ask for BASE, CUDA and `values`."""
    image, cuda = base(engine.driver)
    values = {"BASE": image, "CUDA": cuda, **values}
    arguments = [word for name, value in values.items() for word in ("--build-arg", f"{name}={value}")]
    options = ["--no-cache"] if no_cache else []
    command = [*engine.command, "build", *options, "--pull", "--tag", IMAGE, "--file", dockerfile]
    return [*command, *arguments, context]


def run(engine: DockerInfo, container: ContainerSpec) -> list[str]:
    """Return the command line of a container that sees the project as the host does, as the same user."""
    project = f"{engine.home}/{container.folder}"
    command = [*engine.command, "run", *([] if container.stays else ["--rm"]), "--init"]
    command += [] if container.stays else ["--interactive"]
    command += ["--tty"] if container.terminal else []
    command += ["--gpus", "all"] if container.gpus else []
    # PyTorch's data loaders share memory: docker's default of 64 MB ends them with "Bus error".
    command += [
        "--shm-size",
        str(engine.shared_memory),
        "--ulimit",
        "memlock=-1",
        "--ulimit",
        "stack=67108864",
    ]
    # What runs is never root, and nothing in the image may make it root again.
    command += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    command += ["--user", f"{engine.uid}:{engine.gid}", "--workdir", project]
    for name, value in {"HOME": engine.home, "USER": engine.user, **container.extra}.items():
        command += ["--env", f"{name}={value}"]
    for name in container.passed:
        command += ["--env", name]
    for source, target, mode in _mounts(engine, project):
        command += ["--volume", f"{source}:{target}:{mode}"]
    command += ["--entrypoint", container.entrypoint] if container.entrypoint is not None else []
    return [*command, container.image, *container.argv]


def _mounts(engine: DockerInfo, project: str) -> list[tuple[str, str, str]]:
    """Return (source, target, mode); its own home, for the host's one holds keys."""
    return [
        (engine.container_home, engine.home, "rw"),
        (project, project, "rw"),
        (f"{engine.accounts}/passwd", "/etc/passwd", "ro"),
        (f"{engine.accounts}/group", "/etc/group", "ro"),
    ]
