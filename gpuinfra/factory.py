"""Builds the world of one command, once: the only module that knows every concrete class; over 200 lines.

What costs time to import is imported when it is first used; what one feature alone needs has a function each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.ground import locations, paths
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import Project, Stack

if TYPE_CHECKING:
    from gpuinfra.features.containers.dlc_images import TaggedImage
    from gpuinfra.features.environment.protocols import HostFiles, Solver
    from gpuinfra.features.leaks.search import TagSearcher
    from gpuinfra.features.money.type_prices import TypePrices
    from gpuinfra.features.provision.init import InitValues, Profile
    from gpuinfra.features.provision.up import LivingHost
    from gpuinfra.features.sync.clone import Agent
    from gpuinfra.features.sync.sync import FileWatcher, RsyncTransfer
    from gpuinfra.features.trust.record import TrustedProjects
    from gpuinfra.features.usage.money import MoneySoFar
    from gpuinfra.features.usage.top import Screen
    from gpuinfra.features.web.forward import Tunnel
    from gpuinfra.features.web.serve import Page
    from gpuinfra.ground.model import Host, Settings
    from gpuinfra.ground.protocols import Cloud, EventLog, PriceSource, Provisioner, Reporter, StateFile
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
    project = _project(environ, here)
    return _world(project, project.stack(stack_name), environ, here, reporter)


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


def _world(
    project: Project, stack: Stack, environ: Mapping[str, str], here: Path, reporter: Reporter | None = None
) -> World:
    from gpuinfra.features.boot.user_data import UserData
    from gpuinfra.features.environment.lock_file import ALIAS, DEFAULT_ALIAS
    from gpuinfra.ground.world import Clock, World
    from gpuinfra.tools.run_log import RunLog, command_words
    from gpuinfra.tools.ssh.client import OpenSsh
    from gpuinfra.tools.ssh.host_client import SshHostClient
    from gpuinfra.tools.terminal.terminal import Terminal
    from gpuinfra.tools.terraform.stack_files import StackDirectory
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    log = RunLog(stack.log_file, command_words())
    files, ssh = StackDirectory(stack), OpenSsh(environ)
    told = reporter or Terminal(log=log)
    return World(
        here=here,
        folder=locations.host_folder(locations.synced_root(str(here))),
        project=project,
        files=files,
        user_data=UserData(files, project, alias=environ.get(ALIAS) or DEFAULT_ALIAS),
        values=TfvarsFile(stack.tfvars, module=project.module),
        state=_state(stack, environ),
        reporter=told,
        ssh=ssh,
        host=SshHostClient(ssh),
        clock=Clock(sleep=time.sleep, now=time.monotonic),
        terraform=lambda: _terraform(project, stack, environ, told),
        cloud=_cloud,
        events=_event_log(stack),
        start_host=_start_host,
        end_host=_end_host,
        cut_off=log.cut_off,
        other_hosts=lambda: _others(project, stack, environ),
        price_source=price_source,
        price_cache=paths.cache_home(environ) / "prices",
    )


def _others(project: Project, stack: Stack, environ: Mapping[str, str]) -> list[str]:
    """Return the other stacks that have a host."""
    others = [other for other in project.stacks() if other != stack]
    return [other.name for other in others if _state(other, environ).read().host]


def _state(stack: Stack, environ: Mapping[str, str]) -> StateFile:
    import os
    import tempfile

    from gpuinfra.tools.terraform.state import LocalState

    own, shared = paths.state_home(environ) / "rescued", Path(tempfile.gettempdir())
    directories = (own, shared / f"gpuinfra-{os.getuid()}")  # often another file system
    return LocalState(stack.state, stack=stack.name, rescue_directories=directories)


def _terraform(project: Project, stack: Stack, environ: Mapping[str, str], reporter: Reporter) -> Provisioner:
    from gpuinfra.tools.terraform.opened import opened

    return opened(project, stack, environ, reporter)


def _start_host(world: World) -> Host:
    from gpuinfra.features.lifecycle.power import start

    return start(world)


def _event_log(stack: Stack) -> EventLog:
    """Return what happened to a stack's hosts, as kept here."""
    from gpuinfra.features.events.kept import EventFile

    return EventFile(stack.events_file)


def _end_host(world: World, host: Host, reason: str) -> None:
    from gpuinfra.features.ending.ending import end

    end(world, host, reason)


def living_host(world: World, *, yes: bool) -> LivingHost:
    """Return what Terraform cannot do for a host that lives; `yes`: start a stopped one unasked."""
    from functools import partial

    from gpuinfra.features.lifecycle import keys, power
    from gpuinfra.features.provision.up import LivingHost

    return LivingHost(started=partial(power.started, world, yes=yes), take_key=partial(keys.take, world))


def applies(*, yes: bool) -> Callable[[World], Host]:
    """Return what makes the host as terraform.tfvars says; without `yes` after a question."""
    from gpuinfra.features.provision.up import Consent, apply

    return lambda world: apply(world, Consent(yes=yes, running=running(world)))


def running(world: World, *, connecting: bool = False) -> Callable[[Host], Sequence[str]]:
    """Return what tells the jobs and shells of a host, as an open connection tells, or a new one."""
    from functools import partial

    from gpuinfra.features.gpu import metrics

    return partial(metrics.running, world, connecting=connecting)


def boots(world: World) -> Sequence[tuple[float, float]]:
    """Return the boots that the recorded host knows of; what its console says of its end is kept."""
    from gpuinfra.features.events import events
    from gpuinfra.features.guard import boots

    events.hear(world)
    return boots.kept(world)


def init_values(
    environ: Mapping[str, str],
    *,
    region: str = "",
    owner: str = "",
    cidr: str = "",
    public_key: Path | None = None,
    instance_type: str = "",
    max_usd: str = "",
    asks: bool = False,
    profile: Profile | None = None,
) -> InitValues:
    """Return what `init` writes: what the user said, else what the profile says, or they answer; else what
    can be found out.
    """
    from gpuinfra.features.provision import init
    from gpuinfra.tools.terminal.terminal import Terminal

    def kept(name: str, said: object) -> bool:
        return not said and profile is not None and name in profile.names

    def value(name: str, said: str, default: Callable[[], str], question: Callable[[], str]) -> str:
        if said or kept(name, said):
            return said
        return Terminal().ask(question(), default()) if asks else default()

    return init.InitValues(
        instance_type=lambda: value(
            "instance_type", instance_type, lambda: init.DEFAULT_TYPE if asks else "", init.type_question
        ),
        region=lambda: value("region", region, default_region, lambda: "region"),
        owner=lambda: value("owner", owner, _owner, lambda: "owner, who answers for the host"),
        cidr=lambda: _cidr(cidr, environ),
        max_usd=lambda: value("max_usd", max_usd, lambda: init.NO_LIMIT, lambda: init.LIMIT_QUESTION),
        public_key=lambda: None if kept("public_key_path", public_key) else _public_key(public_key, environ),
        profile=profile,
    )


def profile(world: World, name: str) -> Profile | None:
    """Return the values to begin with that a user names, of another stack or a file; None for no name."""
    from gpuinfra.features.provision.init import Profile, profile_file
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    if not name:
        return None
    path = profile_file(world.project, name, world.here)
    return Profile(path=path, names=TfvarsFile(path, module=world.project.module).names())


def eject(environ: Mapping[str, str]) -> Path:
    """Make the Terraform of this project the user's own; return its folder."""
    from gpuinfra.features.provision import eject
    from gpuinfra.tools.terminal.terminal import Terminal
    from gpuinfra.tools.terraform.project_folder import ProjectFolder

    project = _project(environ, Path.cwd())
    return eject.eject(project, ProjectFolder(project.folder).eject, Terminal().say)


def project_files(world: World, environ: Mapping[str, str]) -> HostFiles:
    """Return the user's files for the host."""
    from gpuinfra.features.environment.files import ProjectFiles
    from gpuinfra.features.environment.lock_file import ALIAS, DEFAULT_ALIAS

    return ProjectFiles(world.project.root, alias=environ.get(ALIAS) or DEFAULT_ALIAS)


def rsync(world: World, environ: Mapping[str, str]) -> RsyncTransfer:
    """Return what moves the project."""
    from gpuinfra.features.sync.rsync import Rsync

    return Rsync(world.ssh, environ)


def sync_first(world: World, environ: Mapping[str, str], *, no_sync: bool) -> Callable[[Host], None]:
    """Return what brings the project to the host before a command uses it there; `no_sync`: nothing does."""
    from gpuinfra.features.sync.send_first import sender

    return (lambda _: None) if no_sync else sender(world, rsync(world, environ), str(world.here))


def tag_search() -> TagSearcher:
    """Return what looks through all regions for what carries a stack's tag."""
    from gpuinfra.tools.aws.leaks import TagSearch

    return TagSearch(default_region())


def synced_root() -> Path:
    """Return the folder that goes to the host from where the user is."""
    return Path(locations.synced_root(str(Path.cwd())))


def watcher() -> FileWatcher:
    """Return what tells changes of files."""
    from gpuinfra.features.sync.watcher import WatchfilesWatcher

    return WatchfilesWatcher()


def agent() -> Agent:
    """Return this machine's ssh agent and known_hosts."""
    from gpuinfra.tools.ssh.agent import SshAgent

    return SshAgent()


def tunnel(world: World, *, handles_signals: bool = True) -> Tunnel:
    """Return what carries ports of the host to this machine; a signal that ends this process ends it, too."""
    from gpuinfra.features.web.tunnel import SshTunnel, end_as_by_ctrl_c

    if handles_signals:
        end_as_by_ctrl_c()
    return SshTunnel(world.ssh)


def page(stack: str, environ: Mapping[str, str]) -> Page:
    """Return what opens JupyterLab in the browser."""
    from gpuinfra.features.web.page import RedirectFile

    return RedirectFile(Path.home(), stack, environ)


def solver(environ: Mapping[str, str]) -> Solver:
    """Return what chooses packages as the host would."""
    from gpuinfra.features.environment.solver import RattlerSolver

    return RattlerSolver(cache=paths.cache_home(environ) / "repodata", environ=environ)


def catalog(
    region: str, environ: Mapping[str, str], *, refresh: bool
) -> Callable[[str], Sequence[TaggedImage]]:
    """Return what knows the Deep Learning Containers of a region, by repository."""
    from gpuinfra.features.containers.ecr import EcrCatalog

    return EcrCatalog(region, cache=paths.cache_home(environ) / "dlc", refresh=refresh)


def screen() -> Screen | None:
    """Return the terminal as a screen; None where stdout is none whose lines can be replaced."""
    import os
    import sys

    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    from gpuinfra.tools.terminal.live import TerminalScreen

    return TerminalScreen(bars())


def bars() -> str:
    """Return the characters that stdout can show a sparkline with."""
    import sys

    from gpuinfra.features.usage.sparkline import bars_for

    return bars_for(sys.stdout.encoding)


def money_so_far(world: World) -> MoneySoFar:
    """Return what tells what the host costs and has cost."""
    from gpuinfra.features.usage.money import MoneySoFar

    return MoneySoFar(world)


def my_cidr(environ: Mapping[str, str]) -> str:
    """Return the caller's own address as a /32 or /128."""
    from gpuinfra.tools.aws import public_address

    return public_address.my_cidr(environ)


def _cloud(region: str, settings: Settings | None) -> Cloud:
    from gpuinfra.tools.aws.ec2 import Aws

    return Aws(region=region, settings=settings, sleep=time.sleep)


def price_source(region: str) -> PriceSource:
    """Return AWS's price list for a region."""
    from gpuinfra.tools.aws.pricing import PriceList

    return PriceList(region)


def type_prices(
    region: str,
    stack: str,
    environ: Mapping[str, str],
    *,
    here: Path | None = None,
    reporter: Reporter | None = None,
) -> TypePrices:
    """Return the prices of a region: the one said, else that of a stack, else the user's own."""
    from gpuinfra.features.money.type_prices import TypePrices
    from gpuinfra.tools.terminal.terminal import Terminal

    told = reporter or Terminal()
    named = region or _stack_region(stack, environ, here, told) or default_region()
    directory = paths.cache_home(environ) / "prices"
    return TypePrices(named, directory=directory, ask=lambda: price_source(named), reporter=told)


def _stack_region(stack: str, environ: Mapping[str, str], here: Path | None, reporter: Reporter) -> str:
    """Return the region of a stack, empty where there is none: prices can be seen without a project."""
    try:
        it = world(stack, environ, here=here, reporter=reporter)
        return it.state.read().region or it.values.read().region  # the first is read in no time
    except ConfigError:
        return ""


def tell(lines: Sequence[str]) -> None:
    """Tell lines beside a result."""
    from gpuinfra.tools.terminal.terminal import Terminal

    for line in lines:
        Terminal().say(line)


def default_region() -> str:
    """Return the region of the user's own AWS configuration."""
    from gpuinfra.tools.aws import client

    return client.default_region() or FALLBACK_REGION


def _owner() -> str:
    import getpass

    from gpuinfra.features.provision.init import owner_of

    return owner_of(getpass.getuser())


def _cidr(cidr: str, environ: Mapping[str, str]) -> str:
    from gpuinfra.features.provision.allow import normal

    return normal(cidr) if cidr else my_cidr(environ)


def _public_key(key: Path | None, environ: Mapping[str, str]) -> Path:
    from gpuinfra.tools.ssh import keys

    return keys.public_key(key) if key else keys.own_key(paths.state_home(environ) / "keys")
