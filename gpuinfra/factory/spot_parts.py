"""Builds what hosts need that EC2 may take back, beside the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gpuinfra.factory import host_parts

if TYPE_CHECKING:
    from gpuinfra.features.jobs.job import Job
    from gpuinfra.features.jobs.jobs import Before
    from gpuinfra.features.jobs.options import JobSpec
    from gpuinfra.features.provision.status import Status
    from gpuinfra.features.spot.at_risk import WorkAtRisk
    from gpuinfra.features.spot.restart_file import RestartFile
    from gpuinfra.ground.model import Host
    from gpuinfra.ground.world import World


def record(world: World) -> RestartFile:
    """Return the jobs that begin again on the next host."""
    from gpuinfra.features.spot.restart_file import RestartFile

    return RestartFile(world.project.stack(world.files.name).restarts_file)


def start_job(world: World, spec: JobSpec, before: Before) -> Job:
    """Start a job; one of `--restart` is kept here first."""
    from gpuinfra.features.spot import restart

    return restart.start(world, spec, before, record=record(world))


def listed_jobs(world: World) -> Sequence[Job]:
    """Return the jobs on the host; where that is gone, what is known of them."""
    from gpuinfra.features.spot import afterwards

    return afterwards.listed(world, record(world))


def work_at_risk(now: Status, doing: Mapping[str, Any] | None) -> WorkAtRisk | None:
    """Return what would be lost with the host, by what it said just now; None where it was not asked."""
    from datetime import UTC, datetime

    from gpuinfra.features.spot.at_risk import at_risk

    is_spot = now.instance is not None and now.instance.market == "spot"
    usd_h = now.cost.rate_usd_h if now.cost else None
    return at_risk(doing["jobs"], is_spot=is_spot, usd_h=usd_h, now=datetime.now(UTC)) if doing else None


def tell_market(world: World) -> None:
    """Say what the spot market means, where terraform.tfvars names it."""
    from gpuinfra.features.spot import notes

    notes.tell_market(world)


def with_restarts(
    world: World, environ: Mapping[str, str], make: Callable[[], Host], *, is_ready: bool
) -> Host:
    """Make the host; hear the one before first, and let the jobs of `--restart` begin again on the new one.

    is_ready: the host that is made has its environment. The project goes there before a job.
    """
    from functools import partial

    from gpuinfra.features.spot import restart

    kept = record(world)
    restart.hear(world, kept)
    host = make()
    tell_market(world)
    before = partial(host_parts.sync_first, world, environ, no_sync=False)
    restart.begin_again(world, host, kept, before=before, is_ready=is_ready)
    return host
