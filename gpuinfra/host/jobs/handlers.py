"""What the laptop may ask for: each verb takes the request and returns the exit code, or a reply."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import sys
import time
from pathlib import Path

from gpuinfra.host.jobs import attach as seat
from gpuinfra.host.jobs import command_environment, frames, job_store, lifecycle, systemd
from gpuinfra.host.jobs.job_store import JobDirectory, JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]

POLL_S = 0.2
PROGRAM = __file__.replace("handlers.py", "__main__.py")


def run(asked: Request) -> int:
    """Run a command with whoever asks sitting at it; when they are cut off it goes on, as a job."""
    folder = _prepare(asked, kind="run")
    near, far = socket.socketpair()
    if os.fork() == 0:
        near.close()
        lifecycle.detach()
        lifecycle.supervise(folder, asked, first=far)
        os._exit(0)
    far.close()
    return seat.relay(near)


def start(asked: Request) -> Request:
    """Start a job in a unit of its own."""
    folder = _prepare(asked, kind="job")
    folder.write("secret", asked)
    program = [sys.executable, "-I", "-S", PROGRAM, "supervise", folder.id]
    try:
        systemd.start(folder.id, program, title=str(asked.get("name") or folder.id))
    except JobError:
        folder.remove()
        raise
    return folder.view()


def supervise(job_id: str) -> int:
    """Be the supervisor in the unit; exit as the job did, for the journal."""
    folder = JobDirectory(job_id)
    return lifecycle.supervise(folder, folder.take("secret"), first=None)


def attach(asked: Request) -> int:
    """Sit at a running job: the end of its log, then what comes; input and signals reach it."""
    folder = job_store.find(asked.get("job", ""), asked["flags"])
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(folder.socket))
    except OSError:
        view = folder.view()
        raise JobError(
            f"the job {folder.id} does not run: {view['state']}",
            f"gpuinfra job logs {folder.id}{asked['flags']}",
        ) from None
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(_end_of(folder, int(asked.get("bytes", 4096))))
        sys.stdout.flush()
    if asked.get("size"):
        connection.sendall(frames.pack(frames.SIZE, str(asked["size"]).encode()))
    return seat.relay(connection)


def jobs(_asked: Request) -> list[Request]:
    """Return all jobs and the runs that somebody sits at or has left, the newest first."""
    return [folder.view() for folder in job_store.folders()][::-1]


def view(asked: Request) -> Request:
    """Return one job; with `forget`, a run that somebody saw to its end for the last time."""
    folder = job_store.find(asked.get("job", ""), asked["flags"])
    found = folder.view()
    was_seen = found["kind"] == "run" and found["exit_code"] is not None and not folder.log.exists()
    if asked.get("forget") and was_seen:
        folder.remove()
    return found


def stop(asked: Request) -> Request:
    """Ask a job to end, wait for it, and return it."""
    folder = job_store.find(asked.get("job", ""), asked["flags"])
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder.socket))
        connection.sendall(frames.pack(frames.STOP))
    return _await(folder, float(asked.get("seconds", 15)))


def wait(asked: Request) -> Request:
    """Wait for a job's end, or for some seconds; return it."""
    return _await(job_store.find(asked.get("job", ""), asked["flags"]), float(asked["seconds"]))


def logs(asked: Request) -> int:
    """Write a job's log to stdout from an offset on, and go on while it runs if told to."""
    folder = job_store.find(asked.get("job", ""), asked["flags"])
    at = int(asked.get("offset", 0))
    while True:
        over = not asked.get("follow") or not _runs(folder)  # before the last look
        with contextlib.suppress(FileNotFoundError), folder.log.open("rb") as text:
            text.seek(at)
            while data := text.read(frames.CHUNK):
                sys.stdout.buffer.write(data)
                at += len(data)
        sys.stdout.flush()
        if over:
            return 0
        time.sleep(POLL_S)


def live(_asked: Request) -> Request:
    """Return what the host does now."""
    from gpuinfra.host.jobs import metrics

    return {**metrics.now(), "jobs": jobs({})}


def _await(folder: JobDirectory, seconds: float) -> Request:
    until = time.monotonic() + seconds
    while _runs(folder) and time.monotonic() < until:
        time.sleep(POLL_S)
    return folder.view()


def _runs(folder: JobDirectory) -> bool:
    return folder.view()["state"] in ("running", "starting")


def _end_of(folder: JobDirectory, size: int) -> bytes:
    data = folder.log.read_bytes()[-size:]
    return data if len(data) < size else data.partition(b"\n")[2]


def _prepare(asked: Request, *, kind: str) -> JobDirectory:
    """Find out all that can be wrong before anything is started; make the job's folder."""
    flags, directory = asked["flags"], Path.home() / asked["directory"]
    directory.mkdir(parents=True, exist_ok=True)
    prefix, name = command_environment.conda(
        flags, os.environ.get("GPUINFRA_STATUS", command_environment.STATUS_FILE)
    )
    asked["argv"] = command_environment.resolve_argv(
        asked["words"], prefix=prefix, directory=directory, flags=flags
    )
    asked["env"] = command_environment.process_env(os.environ, asked.get("env", {}), prefix=prefix, name=name)
    asked["cwd"] = str(directory)
    job_store.prune()
    folder = JobDirectory(asked.get("id") or frames.new_id())
    shown = {name: asked.get(name) for name in ("name", "time_limit_s", "then", "save", "tty")}
    words = asked["words"]
    folder.create({**shown, "kind": kind, "command": shlex.join(words) if words[1:] else words[0]})
    return folder
