"""What the shell offers at the Tab key. Nobody is asked, nothing is connected to, and no error is shown."""

import os
from contextlib import suppress
from pathlib import Path

from typer import Context

from gpuinfra import factory
from gpuinfra.ground import locations, paths
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.names import DEFAULT_STACK


def stacks() -> list[str]:
    """Return the stacks of the project that were set up."""
    with suppress(GpuInfraError, OSError):
        return [stack.name for stack in paths.find_project(Path.cwd(), os.environ).stacks()]
    return []


def jobs(context: Context) -> list[str]:
    """Return the jobs of a host that is connected anyway: ids, and names."""
    if not locations.trusted_project(str(Path.cwd()), os.environ):
        return []  # it would ask
    with suppress(GpuInfraError, OSError):
        world = factory.world(context.params.get("stack") or DEFAULT_STACK, os.environ)
        if world.ssh.is_open(world.recorded_host()):
            from gpuinfra.features.jobs.jobs import listed

            return [word for job in listed(world) for word in (job.id, job.name) if word]
    return []


def variables() -> list[str]:
    """Return the names of the user's own variables."""
    return [*os.environ]
