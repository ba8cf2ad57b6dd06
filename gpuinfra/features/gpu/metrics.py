"""What a host does now: its GPUs, its jobs, its memory and disk."""

from typing import Any

from gpuinfra.features.connect.connect import connect, reach
from gpuinfra.features.gpu import metrics_text
from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World

METRICS_TIMEOUT_S = 20.0
# A connection that hangs must not make `status` hang.
PEEK_TIMEOUT_S = 5.0
REQUEST = {"verb": "live", "flags": ""}

GPU = {"index": (int, str), **dict.fromkeys(metrics_text.GPU_FIELDS, (int, str, None))}
NUMBERS = ("uptime_s", "cpus", "memory_used_mib", "memory_total_mib", "disk_free_gb", "disk_total_gb")
SHAPE = {
    "gpus": [GPU],
    "gpu_words": (str, None),
    **dict.fromkeys(NUMBERS, int),
    "load_1min": float,
    "jobs": [jobs.SHAPE],
    "terminals": ([str], None),
}

Metrics = dict[str, Any]


def metrics(world: World, host: Host, *, timeout_s: float = METRICS_TIMEOUT_S) -> Metrics:
    """Return what a connected host does now."""
    reply: Metrics = checked(world.host.ask(host, REQUEST, timeout_s=timeout_s), SHAPE, "what it does")
    cure = command("ssh -- sudo reboot", host.stack) if reply.get("gpu_words") else ""
    return {**reply, "gpu_next": cure}


def peek(world: World, host: Host) -> Metrics | None:
    """Return the same if a connection is open anyway; None if not, or if it does not answer at once."""
    if not world.ssh.is_open(host):
        return None
    try:
        return metrics(world, host, timeout_s=PEEK_TIMEOUT_S)
    except GpuInfraError:
        return None


def for_status(world: World, host: Host | None, *, asked: bool) -> Metrics | None:
    """Return what the host does now, if asked for or quickly had; `host` is the one that runs, if any."""
    if asked:
        return metrics(world, connect(world))
    return peek(world, host) if host else None


def running(world: World, host: Host, *, connecting: bool = False) -> list[str]:
    """Return the jobs and shells that run there, as far as an open connection tells, or a new one."""
    seen = (_metrics_or_why_not(world, host) if connecting else peek(world, host)) or {"jobs": []}
    going = [job.command for job in jobs.parse_all(seen["jobs"]) if not job.has_ended]
    return [*going, *(f"a terminal with {command}" for command in seen.get("terminals") or ())]


def _metrics_or_why_not(world: World, host: Host) -> Metrics | None:
    """Return what a running host does now; if it cannot be asked, say why."""
    try:
        if world.ssh.pinned(host):
            return metrics(world, reach(world, host)[0])
        why = "nobody has connected to it from here"
    except GpuInfraError as error:
        why = error.message
    world.reporter.say(f"what runs on the host is not known: {why}")
    return None
