"""Builds the world of one command, once: the only module that knows every concrete class.

What costs time to import is imported when it is first used; what one feature alone needs is in the modules
beside.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.factory import adapters
from gpuinfra.ground import locations, paths
from gpuinfra.ground.names import CHANNEL_ALIAS
from gpuinfra.ground.paths import Project, Stack

if TYPE_CHECKING:
    from gpuinfra.features.trust.record import TrustedProjects
    from gpuinfra.ground.protocols import Reporter
    from gpuinfra.ground.world import World

FALLBACK_REGION = "us-east-1"


def world(
    stack_name: str,
    environ: Mapping[str, str],
    *,
    here: Path | None = None,
    reporter: Reporter | None = None,
) -> World:
    """Return the real world of one stack; called once a command.

    The project is looked for once, the name becomes a Stack once. Terraform and AWS are made at first use.
    here: the directory of the user, the current one if it is not said. reporter: who is told, and asked,
    instead of the terminal.

    Raises:
        ConfigError: there is no project here, or none that is trusted, or the name cannot be a stack's.
    """
    here = here or Path.cwd()
    project, stack = stack_of(stack_name, environ, here=here)
    return _world(project, stack, environ, here, reporter)


def stack_of(
    stack_name: str, environ: Mapping[str, str], *, here: Path | None = None
) -> tuple[Project, Stack]:
    """Return the project and one stack of it; for what needs no more of the world.

    Raises:
        ConfigError: there is no project here, or none that is trusted, or the name cannot be a stack's.
    """
    project = _project(environ, here or Path.cwd())
    return project, project.stack(stack_name)


def world_for_init(
    stack_name: str,
    environ: Mapping[str, str],
    *,
    here: Path | None = None,
    reporter: Reporter | None = None,
) -> World:
    """Return the world of one stack; where there is no project, this directory becomes one.

    It is trusted, unless somebody has put a folder of our name there: what lies in it would run.

    Raises:
        ConfigError: this directory can be no project, or is one that is not trusted.
    """
    here = here or Path.cwd()
    found = environ.get("GPUINFRA_PROJECT") or locations.find_project(str(here), environ)
    if locations.is_installed() and not found:
        project = paths.new_project(here)
        stack = project.stack(stack_name)
        if project.folder.exists():
            _ask(project, environ)
        else:
            trusted_projects(environ).add(project.root)
        return _world(project, stack, environ, here, reporter)
    return world(stack_name, environ, here=here, reporter=reporter)


def worlds(
    environ: Mapping[str, str], *, here: Path | None = None, reporter: Reporter | None = None
) -> list[World]:
    """Return the worlds of all stacks of the project that were set up, the default one first."""
    here = here or Path.cwd()
    project = _project(environ, here)
    return [_world(project, stack, environ, here, reporter) for stack in project.stacks()]


def _project(environ: Mapping[str, str], here: Path) -> Project:
    """Return the project, once it is one that the user trusts: all commands come by here."""
    project = paths.find_project(here, environ)
    _ask(project, environ)
    return project


def _ask(project: Project, environ: Mapping[str, str]) -> None:
    if not locations.is_trusted(str(project.root), environ):
        from gpuinfra.features.trust.trust import ask
        from gpuinfra.tools.terminal.terminal import Terminal

        ask(project.root, trusted_projects(environ), Terminal())


def trusted_projects(environ: Mapping[str, str]) -> TrustedProjects:
    """Return the record of the projects that the user trusts."""
    from gpuinfra.features.trust.record import TrustedProjects

    return TrustedProjects(Path(locations.trust_file(environ)))


def eject(environ: Mapping[str, str]) -> Path:
    """Make the Terraform of this project the user's own; return its folder."""
    from gpuinfra.features.provision import eject
    from gpuinfra.tools.terminal.terminal import Terminal
    from gpuinfra.tools.terraform.project_folder import ProjectFolder

    project = _project(environ, Path.cwd())
    return eject.eject(project, ProjectFolder(project.folder).eject, Terminal().say)


def _world(
    project: Project, stack: Stack, environ: Mapping[str, str], here: Path, reporter: Reporter | None = None
) -> World:
    from gpuinfra.features.boot.user_data import UserData
    from gpuinfra.ground.world import Clock, World
    from gpuinfra.tools.run_log import RunLog, command_words
    from gpuinfra.tools.ssh.client import OpenSsh
    from gpuinfra.tools.ssh.host_client import SshHostClient
    from gpuinfra.tools.terminal.terminal import Terminal
    from gpuinfra.tools.terraform.stack_files import StackDirectory

    log = RunLog(stack.log_file, command_words())
    files, ssh = StackDirectory(stack), OpenSsh(environ)
    told = reporter or Terminal(log=log)
    return adapters.with_aws(
        World(
            here=here,
            folder=locations.host_folder(locations.synced_root(str(here))),
            project=project,
            files=files,
            user_data=UserData(files, project, alias=environ.get(CHANNEL_ALIAS, "")),
            values=adapters.values(project, stack, environ),
            state=adapters.state_file(stack, environ),
            reporter=told,
            ssh=ssh,
            host=SshHostClient(ssh),
            clock=Clock(sleep=time.sleep, now=time.monotonic, elapsed=_elapsed),
            terraform=lambda: adapters.terraform(project, stack, environ, told),
            cloud=adapters.cloud,
            events=adapters.event_log(stack),
            start_host=adapters.start_host,
            end_host=adapters.end_host,
            login_line=adapters.login_line,
            cut_off=log.cut_off,
            pool_record=adapters.pool_record(stack),
            other_hosts=lambda: _others(project, stack, environ),
            price_cache=paths.cache_home(environ) / "prices",
        )
    )


def _others(project: Project, stack: Stack, environ: Mapping[str, str]) -> list[str]:
    """Return the other stacks that have a host."""
    others = [other for other in project.stacks() if other != stack]
    return [other.name for other in others if adapters.state_file(other, environ).read().host]


def default_region() -> str:
    """Return the region of the user's own AWS configuration."""
    from gpuinfra.tools.aws import client

    return client.default_region() or FALLBACK_REGION


def _elapsed() -> float:
    """Return seconds that go on while this machine is suspended, as those of time.monotonic() do not."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))  # the latter on macOS
