"""What the laptop may ask for: each handler takes the request and returns the exit code, or a reply."""

from __future__ import annotations

import os
import sys
import time
from _socket import AF_UNIX, socketpair
from _socket import socket as Socket  # not socket.socket, whose import costs 5 ms

from gpuinfra.host.jobs import attach as attached
from gpuinfra.host.jobs import frames, job_list, lifecycle, output_log, systemd
from gpuinfra.host.jobs.job_store import JobDirectory, JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Request = dict[str, Any]
    Handler = Callable[[Request], Any]

POLL_S = 0.2
PROGRAM = __file__.replace("handlers.py", "__main__.py")
FROM_TFVARS = "terraform.tfvars"
HANDLERS: dict[str, Handler] = {}


def handles(verb: str) -> Callable[[Handler], Handler]:
    """Register a function as what answers a verb."""

    def register(handler: Handler) -> Handler:
        HANDLERS[verb] = handler
        return handler

    return register


@handles("run")
def run(request: Request) -> int:
    """Run a command with whoever asks attached to it; when they are cut off it goes on, as a job."""
    job = lifecycle.prepare(request, kind="run")
    near, far = socketpair()
    if os.fork() == 0:
        near.close()
        lifecycle.detach()
        lifecycle.supervise(job, request, client=far)
        os._exit(0)
    far.close()
    return attached.relay(near)


@handles("start")
def start(request: Request) -> Request:
    """Start a job in a unit of its own."""
    job = lifecycle.prepare(request, kind="job")
    job.write("secret", request)
    program = [sys.executable, "-I", "-S", PROGRAM, "supervise", job.id]
    try:
        systemd.start(job.id, program, title=str(request.get("name") or job.id))
    except JobError:
        job.remove()
        raise
    return job.view()


def supervise(job_id: str) -> int:
    """Be the supervisor in the unit; exit as the job did, for the journal."""
    from gpuinfra.host import settings

    job = JobDirectory(job_id)
    request = job.pop("secret")
    apply_default_limit(job, request, settings.job_time_limit_s)
    return lifecycle.supervise(job, request, client=None)


def apply_default_limit(job: JobDirectory, request: Request, limit_s: Callable[[], float | None]) -> None:
    """Give a job without --time-limit the one of terraform.tfvars; its record says where it came from."""
    if request.get("time_limit_s") is None and (seconds := limit_s()):
        request.update(time_limit_s=seconds, time_limit_from=FROM_TFVARS)
        job.try_write("job", {**job.read("job"), "time_limit_s": seconds, "time_limit_from": FROM_TFVARS})


@handles("attach")
def attach(request: Request) -> int:
    """Attach to a running job: the end of its log, then what comes; input and signals reach it."""
    job = job_list.find(request.get("job", ""), request["flags"])
    _check_version(job)
    connection = Socket(AF_UNIX)
    try:
        connection.connect(job.socket)
    except OSError:
        raise JobError(
            f"the job {job.id} does not run: {job.view()['state']}",
            f"gpuinfra job logs {job.id}{request['flags']}",
        ) from None
    output_log.print_end(job.log, int(request.get("bytes", 4096)))
    if request.get("size"):
        connection.sendall(frames.pack(frames.SIZE, str(request["size"]).encode()))
    return attached.relay(connection)


@handles("list")
def jobs(_request: Request) -> list[Request]:
    """Return all jobs and the runs that have a client or were left, the newest first."""
    return [job.view() for job in job_list.all_jobs()][::-1]


@handles("view")
def view(request: Request) -> Request:
    """Return one job; with `forget`, a run whose end a client has seen is returned for the last time."""
    job = job_list.find(request.get("job", ""), request["flags"])
    reply = job.view()
    was_seen = reply["kind"] == "run" and reply["exit_code"] is not None and not os.path.exists(job.log)
    if request.get("forget") and was_seen:
        job.remove()
    return reply


@handles("stop")
def stop(request: Request) -> Request:
    """Ask a job to end, wait for it, and return it."""
    job = job_list.find(request.get("job", ""), request["flags"])
    _check_version(job)
    try:
        connection = Socket(AF_UNIX)
        connection.connect(job.socket)
        connection.sendall(frames.pack(frames.STOP))
    except OSError:
        pass  # it has ended, or has only just been started
    return _await(job, float(request.get("seconds", 15)))


@handles("wait")
def wait(request: Request) -> Request:
    """Wait for a job's end, or for some seconds; return it."""
    return _await(job_list.find(request.get("job", ""), request["flags"]), float(request["seconds"]))


@handles("logs")
def logs(request: Request) -> int:
    """Write a job's log to stdout from an offset on, and go on while it runs if told to."""
    job = job_list.find(request.get("job", ""), request["flags"])
    at = int(request.get("offset", 0))
    while True:
        over = not request.get("follow") or not job.is_running()  # before the last look
        try:
            with open(job.log, "rb") as log:
                log.seek(at)
                while data := log.read(frames.CHUNK):
                    sys.stdout.buffer.write(data)
                    at += len(data)
        except FileNotFoundError:
            pass
        sys.stdout.flush()
        if over:
            return 0
        time.sleep(POLL_S)


@handles("live")
def live(_request: Request) -> Request:
    """Return what the host does now."""
    from gpuinfra.host.jobs import metrics, terminals

    return {**metrics.now(), "jobs": jobs({}), "terminals": terminals.in_use()}


@handles("use")
def usage(request: Request) -> Request:
    """Return how the host was used in a time that has passed; without one, what it does now."""
    from gpuinfra.host.guard import answers

    return answers.over_time(request) if "points" in request else answers.once()


@handles("top")
def top(request: Request) -> int:
    """Write what the host does, line by line, until nobody reads any more."""
    from gpuinfra.host.guard import answers

    return answers.stream(request)


def _check_version(job: JobDirectory) -> None:
    """Refuse to talk to a supervisor whose frames we do not know."""
    if int(job.read("job").get("frames", frames.VERSION)) > frames.VERSION:
        raise JobError(
            f"the job {job.id} was started by a later gpuinfra than yours", "git pull && make setup"
        )


def _await(job: JobDirectory, seconds: float) -> Request:
    until = time.monotonic() + seconds
    while job.is_running() and time.monotonic() < until:
        time.sleep(POLL_S)
    return job.view()
