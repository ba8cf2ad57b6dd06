"""What a host does now: `status` with live numbers, and `gpu test`."""

from typing import Any

from gpuinfra.features.connect.connect import connect, connect_and_check
from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.errors import GpuInfraError, HostError
from gpuinfra.ground.hints import command
from gpuinfra.ground.job_protocols import HostClient
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import World

LOOK_TIMEOUT_S = 20.0
# A connection that hangs must not make `status` hang.
PEEK_TIMEOUT_S = 5.0
TEST_TIMEOUT_S = 300.0
LIVE = {"verb": "live", "flags": ""}


def live(world: World, host_jobs: HostClient) -> dict[str, Any]:
    """Return what the host does now."""
    host = connect(world)
    return _live(world, host_jobs, host, LOOK_TIMEOUT_S)


def peek(world: World, host_jobs: HostClient, host: Host) -> dict[str, Any] | None:
    """Return the same if a connection is open anyway; None if not, or if it does not answer at once."""
    if not world.ssh.is_open(host):
        return None
    try:
        return _live(world, host_jobs, host, PEEK_TIMEOUT_S)
    except GpuInfraError:
        return None


def running(world: World, host_jobs: HostClient, host: Host) -> list[str]:
    """Return the commands of jobs that run there, as far as an open connection tells."""
    seen = peek(world, host_jobs, host) or {"jobs": []}
    return [job.command for job in map(jobs.parse, seen["jobs"]) if not job.has_ended]


def gpu_test(world: World, host_jobs: HostClient) -> dict[str, Any]:
    """Check CUDA and measure each GPU; `problem` says what is wrong, if anything.

    Raises:
        HostError: the environment is not ready.
    """
    host, found = connect_and_check(world)
    if not found.prefix:
        watch = command("status --watch", host.stack)
        raise HostError("the host's conda environment is not there yet", hint=watch)
    ssh = world.ssh.argv(host, [])
    world.reporter.say("measuring (up to a minute) ...")
    tested = host_jobs.python(ssh, f"{found.prefix}/bin/python", "gpu_benchmark.py", timeout_s=TEST_TIMEOUT_S)
    gpus = _live(world, host_jobs, host, LOOK_TIMEOUT_S)["gpus"]
    if not gpus:
        tested["problem"] = f"the host ({host.instance_type}) shows no GPU: nvidia-smi is missing or fails"
    return {"problem": "", **tested, "gpus": gpus}


def _live(world: World, host_jobs: HostClient, host: Host, timeout_s: float) -> dict[str, Any]:
    found: dict[str, Any] = host_jobs.ask(world.ssh.argv(host, []), LIVE, timeout_s=timeout_s)
    return found
