"""What a host does now: `status` with live numbers, and `gpu test`."""

from typing import Any

from gpuinfra.features.connect.connect import connect, visit
from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.errors import GpuInfraError, HostError
from gpuinfra.ground.hints import command
from gpuinfra.ground.job_protocols import HostJobs
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import Ports

LOOK_TIMEOUT_S = 20.0
# A connection that hangs must not make `status` hang.
PEEK_TIMEOUT_S = 5.0
TEST_TIMEOUT_S = 300.0
LIVE = {"verb": "live", "flags": ""}


def live(ports: Ports, host_jobs: HostJobs) -> dict[str, Any]:
    """Return what the host does now."""
    host = connect(ports)
    return _live(ports, host_jobs, host, LOOK_TIMEOUT_S)


def peek(ports: Ports, host_jobs: HostJobs, host: Host) -> dict[str, Any] | None:
    """Return the same if a connection is open anyway; None if not, or if it does not answer at once."""
    if not ports.link.is_open(host):
        return None
    try:
        return _live(ports, host_jobs, host, PEEK_TIMEOUT_S)
    except GpuInfraError:
        return None


def running(ports: Ports, host_jobs: HostJobs, host: Host) -> list[str]:
    """Return the commands of jobs that run there, as far as an open connection tells."""
    seen = peek(ports, host_jobs, host) or {"jobs": []}
    return [job.command for job in map(jobs.parse, seen["jobs"]) if not job.has_ended]


def gpu_test(ports: Ports, host_jobs: HostJobs) -> dict[str, Any]:
    """Check CUDA and measure each GPU; `problem` says what is wrong, if anything.

    Raises:
        HostError: the environment is not ready.
    """
    host, found = visit(ports)
    if not found.prefix:
        watch = command("status --watch", host.stack)
        raise HostError("the host's conda environment is not there yet", hint=watch)
    ssh = ports.link.argv(host, [])
    ports.narrator.say("measuring (up to a minute) ...")
    tested = host_jobs.python(ssh, f"{found.prefix}/bin/python", "gpu_benchmark.py", timeout_s=TEST_TIMEOUT_S)
    gpus = _live(ports, host_jobs, host, LOOK_TIMEOUT_S)["gpus"]
    if not gpus:
        tested["problem"] = f"the host ({host.instance_type}) shows no GPU: nvidia-smi is missing or fails"
    return {"problem": "", **tested, "gpus": gpus}


def _live(ports: Ports, host_jobs: HostJobs, host: Host, timeout_s: float) -> dict[str, Any]:
    found: dict[str, Any] = host_jobs.ask(ports.link.argv(host, []), LIVE, timeout_s=timeout_s)
    return found
