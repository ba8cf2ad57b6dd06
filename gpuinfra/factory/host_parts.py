"""Builds what one feature needs to work with a living host, beside the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.ground import locations, paths
from gpuinfra.ground.names import CHANNEL_ALIAS

if TYPE_CHECKING:
    from gpuinfra.features.containers.dlc_images import TaggedImage
    from gpuinfra.features.environment.protocols import HostFiles, Solver
    from gpuinfra.features.provision.up import LivingHost
    from gpuinfra.features.sync.clone import Agent
    from gpuinfra.features.sync.sync import FileWatcher, RsyncTransfer
    from gpuinfra.features.web.forward import Tunnel
    from gpuinfra.features.web.serve import Page
    from gpuinfra.ground.model import Host
    from gpuinfra.ground.world import World


def living_host(world: World, *, yes: bool) -> LivingHost:
    """Return what Terraform cannot do for a host that lives; `yes`: start a stopped one unasked."""
    from functools import partial

    from gpuinfra.factory.start import elsewhere
    from gpuinfra.features.lifecycle import keys, power
    from gpuinfra.features.provision.up import LivingHost

    own_place = elsewhere()
    started = partial(power.started, world, yes=yes, elsewhere=own_place)
    settle = partial(own_place.settle_move, world)
    return LivingHost(settle=settle, started=started, take_key=partial(keys.take, world))


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


def project_files(world: World, environ: Mapping[str, str]) -> HostFiles:
    """Return the user's files for the host."""
    from gpuinfra.features.environment.files import ProjectFiles

    return ProjectFiles(world.project.root, alias=environ.get(CHANNEL_ALIAS, ""))


def rsync(world: World, environ: Mapping[str, str]) -> RsyncTransfer:
    """Return what moves the project."""
    from gpuinfra.features.sync.rsync import Rsync

    return Rsync(world.ssh, environ)


def sync_first(world: World, environ: Mapping[str, str], *, no_sync: bool) -> Callable[[Host], None]:
    """Return what brings the project to the host before a command uses it there; `no_sync`: nothing does."""
    from gpuinfra.features.sync.send_first import sender

    return (lambda _: None) if no_sync else sender(world, rsync(world, environ), str(world.here))


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
