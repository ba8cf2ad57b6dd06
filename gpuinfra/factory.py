"""Builds the real ports of a stack; adapters that cost time to import are imported when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.ground import paths
from gpuinfra.ground.paths import Project, Stack

if TYPE_CHECKING:
    from gpuinfra.features.containers.dlc_images import TaggedImage
    from gpuinfra.features.environment.protocols import HostFiles, Solver
    from gpuinfra.features.provision.init import InitValues
    from gpuinfra.ground.model import Settings
    from gpuinfra.ground.protocols import Cloud, Provisioner, Reporter, World
    from gpuinfra.tools.terraform.state import LocalState

FALLBACK_REGION = "us-east-1"


def project(environ: Mapping[str, str]) -> Project:
    """Return the clone that the user is in."""
    return paths.find_project(Path.cwd(), environ)


def world(stack_name: str, environ: Mapping[str, str]) -> World:
    """Return the real ports of one stack."""
    import time

    from gpuinfra.features.boot.user_data import UserData
    from gpuinfra.ground.protocols import Clock, World
    from gpuinfra.tools.ssh.client import OpenSsh
    from gpuinfra.tools.ssh.host_client import SshHostClient
    from gpuinfra.tools.terminal.terminal import Terminal
    from gpuinfra.tools.terraform.stack_files import StackDirectory
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    home = project(environ)
    stack = home.stack(stack_name)
    reporter, files = Terminal(), StackDirectory(stack)
    return World(
        files=files,
        user_data=UserData(files, home.root),
        values=TfvarsFile(stack.tfvars, module=home.module),
        state=state(stack_name, environ),
        reporter=reporter,
        ssh=OpenSsh(environ),
        host=SshHostClient(),
        clock=Clock(sleep=time.sleep, now=time.monotonic),
        terraform=lambda: _terraform(home, stack, environ, reporter),
        cloud=_cloud,
    )


def state(stack_name: str, environ: Mapping[str, str]) -> LocalState:
    """Return the state of one stack: all that the offline commands need."""
    from gpuinfra.tools.terraform.state import LocalState

    path = project(environ).stack(stack_name).state
    return LocalState(path, rescue_directory=paths.state_home(environ))


def answers(
    environ: Mapping[str, str], *, region: str, owner: str, cidr: str, public_key: Path | None
) -> InitValues:
    """Return what `init` writes: what the user said, else what can be found out."""
    from gpuinfra.features.provision.init import InitValues

    return InitValues(
        region=lambda: region or default_region(),
        owner=lambda: owner or _owner(),
        cidr=lambda: _cidr(cidr, environ),
        public_key=lambda: _public_key(public_key, environ),
    )


def host_files(environ: Mapping[str, str]) -> HostFiles:
    """Return the user's files for the host."""
    from gpuinfra.features.environment.files import ProjectFiles

    return ProjectFiles(project(environ).root)


def solver(environ: Mapping[str, str]) -> Solver:
    """Return what chooses packages as the host would."""
    from gpuinfra.features.environment.solver import RattlerSolver

    return RattlerSolver(cache=paths.cache_home(environ) / "repodata", environ=environ)


def catalogue(
    region: str, environ: Mapping[str, str], *, refresh: bool
) -> Callable[[str], Sequence[TaggedImage]]:
    """Return what knows the Deep Learning Containers of a region, by repository."""
    from gpuinfra.features.containers.ecr import EcrCatalog

    return EcrCatalog(region, cache=paths.cache_home(environ) / "dlc", refresh=refresh)


def my_cidr(environ: Mapping[str, str]) -> str:
    """Return the caller's own address as a /32 or /128."""
    from gpuinfra.tools.aws import public_address

    return public_address.my_cidr(environ)


def _terraform(home: Project, stack: Stack, environ: Mapping[str, str], reporter: Reporter) -> Provisioner:
    from gpuinfra.tools.terraform import binary as toolchain
    from gpuinfra.tools.terraform import links, provider_mirror
    from gpuinfra.tools.terraform.runner import TerraformCli

    links.link_module(home.module, stack.directory)  # the module may have gained a file since
    lock = home.module / ".terraform.lock.hcl"
    env = provider_mirror.environment(
        environ,
        config=home.tools / "terraform.rc",
        cache=paths.cache_home(environ) / "terraform-plugins",
        mirror=provider_mirror.find(lock, toolchain.platform_name()),
    )

    def on_interrupt(presses: int) -> None:
        if presses == 1:
            reporter.say("\nCtrl-C: Terraform finishes the call it is in and saves its state ...")
        elif presses == 2:
            reporter.say("still saving; a third Ctrl-C abandons it and may leave a host that nobody knows of")

    binary = toolchain.find(home.tools, environ)
    return TerraformCli(binary=binary, directory=stack.directory, env=env, on_interrupt=on_interrupt)


def _cloud(region: str, settings: Settings | None) -> Cloud:
    import time

    from gpuinfra.tools.aws.ec2 import Aws

    return Aws(region=region, settings=settings, sleep=time.sleep)


def default_region() -> str:
    """Return the region of the user's own AWS configuration."""
    from gpuinfra.tools.aws import client

    return client.default_region() or FALLBACK_REGION


def _owner() -> str:
    import getpass
    import re

    return re.sub(r"[^a-z0-9@.-]", "-", getpass.getuser().lower()).strip("-") or "me"


def _cidr(given: str, environ: Mapping[str, str]) -> str:
    from gpuinfra.features.provision.allow import normal

    return normal(given) if given else my_cidr(environ)


def _public_key(given: Path | None, environ: Mapping[str, str]) -> Path:
    from gpuinfra.tools.ssh import keys

    return keys.public_key(given) if given else keys.own_key(paths.state_home(environ) / "keys")
