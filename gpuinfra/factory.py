"""Builds the real ports of a stack; adapters that cost time to import are imported when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra import config
from gpuinfra.config import Project, Stack

if TYPE_CHECKING:
    from gpuinfra.actions.init import Answers
    from gpuinfra.adapters.state import LocalState
    from gpuinfra.dlc import Tagged
    from gpuinfra.environment.ports import HostFiles, Solver
    from gpuinfra.model import Settings
    from gpuinfra.ports import Cloud, Narrator, Ports, Provisioner

FALLBACK_REGION = "us-east-1"


def project(environ: Mapping[str, str]) -> Project:
    """Return the clone that the user is in."""
    return config.find_project(Path.cwd(), environ)


def ports(stack_name: str, environ: Mapping[str, str]) -> Ports:
    """Return the real ports of one stack."""
    import time

    from gpuinfra.adapters.ssh import OpenSsh
    from gpuinfra.adapters.tfvars import TfvarsFile
    from gpuinfra.adapters.workspace import StackFiles
    from gpuinfra.console import Terminal
    from gpuinfra.ports import Clock, Ports

    home = project(environ)
    stack = home.stack(stack_name)
    narrator = Terminal()
    return Ports(
        workspace=StackFiles(home, stack),
        values=TfvarsFile(stack.tfvars, module=home.module),
        state=state(stack_name, environ),
        narrator=narrator,
        link=OpenSsh(environ),
        clock=Clock(sleep=time.sleep, now=time.monotonic),
        terraform=lambda: _terraform(home, stack, environ, narrator),
        cloud=_cloud,
    )


def state(stack_name: str, environ: Mapping[str, str]) -> LocalState:
    """Return the state of one stack: all that the offline commands need."""
    from gpuinfra.adapters.state import LocalState

    path = project(environ).stack(stack_name).state
    return LocalState(path, rescue_directory=config.state_home(environ))


def answers(
    environ: Mapping[str, str], *, region: str, owner: str, cidr: str, public_key: Path | None
) -> Answers:
    """Return what `init` writes: what the user said, else what can be found out."""
    from gpuinfra.actions.init import Answers

    return Answers(
        region=lambda: region or default_region(),
        owner=lambda: owner or _owner(),
        cidr=lambda: _cidr(cidr, environ),
        public_key=lambda: _public_key(public_key, environ),
    )


def host_files(environ: Mapping[str, str]) -> HostFiles:
    """Return the user's files for the host."""
    from gpuinfra.adapters.host_files import ProjectFiles

    return ProjectFiles(project(environ).root)


def solver(environ: Mapping[str, str]) -> Solver:
    """Return what chooses packages as the host would."""
    from gpuinfra.adapters.solver import RattlerSolver

    return RattlerSolver(cache=config.cache_home(environ) / "repodata", environ=environ)


def catalogue(region: str, environ: Mapping[str, str], *, refresh: bool) -> Callable[[str], Sequence[Tagged]]:
    """Return what knows the Deep Learning Containers of a region, by repository."""
    from gpuinfra.adapters.aws_ecr import Catalogue

    return Catalogue(region, cache=config.cache_home(environ) / "dlc", refresh=refresh)


def my_cidr(environ: Mapping[str, str]) -> str:
    """Return the caller's own address as a /32 or /128."""
    from gpuinfra.adapters import address

    return address.my_cidr(environ)


def _terraform(home: Project, stack: Stack, environ: Mapping[str, str], narrator: Narrator) -> Provisioner:
    from gpuinfra.adapters import links, mirror, toolchain
    from gpuinfra.adapters.terraform import TerraformCli

    links.link_module(home.module, stack.directory)  # the module may have gained a file since
    lock = home.module / ".terraform.lock.hcl"
    env = mirror.environment(
        environ,
        config=home.tools / "terraform.rc",
        cache=config.cache_home(environ) / "terraform-plugins",
        mirror=mirror.find(lock, toolchain.platform_name()),
    )

    def on_interrupt(presses: int) -> None:
        if presses == 1:
            narrator.say("\nCtrl-C: Terraform finishes the call it is in and saves its state ...")
        elif presses == 2:
            narrator.say("still saving; a third Ctrl-C abandons it and may leave a host that nobody knows of")

    binary = toolchain.find(home.tools, environ)
    return TerraformCli(binary=binary, directory=stack.directory, env=env, on_interrupt=on_interrupt)


def _cloud(region: str, settings: Settings | None) -> Cloud:
    import time

    from gpuinfra.adapters.aws import Aws

    return Aws(region=region, settings=settings, sleep=time.sleep)


def default_region() -> str:
    """Return the region of the user's own AWS configuration."""
    from gpuinfra.adapters import aws

    return aws.default_region() or FALLBACK_REGION


def _owner() -> str:
    import getpass
    import re

    return re.sub(r"[^a-z0-9@.-]", "-", getpass.getuser().lower()).strip("-") or "me"


def _cidr(given: str, environ: Mapping[str, str]) -> str:
    from gpuinfra.actions.allow import normal

    return normal(given) if given else my_cidr(environ)


def _public_key(given: Path | None, environ: Mapping[str, str]) -> Path:
    from gpuinfra.adapters import ssh

    return ssh.public_key(given) if given else ssh.own_key(config.state_home(environ) / "keys")
