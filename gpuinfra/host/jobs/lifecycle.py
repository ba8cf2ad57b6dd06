"""A job from its first process to its last word: begun, supervised, its results brought out, its end kept."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from gpuinfra.host.jobs import frames, output_log, systemd
from gpuinfra.host.jobs.clock import boot_id
from gpuinfra.host.jobs.exit_status import end_record
from gpuinfra.host.jobs.job_store import JobDirectory
from gpuinfra.host.jobs.process import JobProcess
from gpuinfra.host.jobs.supervisor import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]


SSH_FAILED = (
    255  # what ssh says of a lost connection; a command's own 255 is kept until it has been told apart
)


def detach() -> None:
    """Leave the ssh session: it waits for all who hold its stdin, stdout or stderr."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def supervise(folder: JobDirectory, asked: Request, *, first: socket.socket | None) -> int:
    """Run what was asked, keep how it ended; return its exit code."""
    lock = folder.hold()
    is_run = first is not None
    output = output_log.OutputLog(folder.log, kept=not is_run, journal=-1 if is_run else 1)
    command = _begin(asked, reads=is_run)
    if isinstance(command, dict):
        return _finish(folder, asked, output, command, None, first)
    supervisor = Supervisor(folder, command, output, kept=not is_run)
    if first is not None:
        supervisor.watch(first)
    if asked.get("time_limit_s"):
        supervisor.limit(float(asked["time_limit_s"]))
    code = _finish(folder, asked, output, supervisor.run(), supervisor, first)
    os.close(lock)
    return code


def _begin(asked: Request, *, reads: bool) -> JobProcess | Request:
    try:
        return JobProcess(
            asked["argv"], env=asked["env"], cwd=Path(asked["cwd"]), tty=bool(asked.get("tty")),
            reads=reads, size=str(asked.get("size", "24 80")).encode(),
        )  # fmt: skip
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126
        return {**end_record(code, ""), "reason": _cannot(asked["argv"][0], error)}


def _cannot(program: str, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"{program}: {error.strerror}"
    line = "; a line for the shell is one word in quotes: 'cd data && ls'" if "/" not in program else ""
    return f"{program}: there is no such program on the host{line}"


def _finish(
    folder: JobDirectory,
    asked: Request,
    output: output_log.OutputLog,
    end: Request,
    supervisor: Supervisor | None,
    first: socket.socket | None,
) -> int:
    """Bring the results out, keep how it ended, tell those who look on, and see to the host's end."""
    if supervisor is None:
        text = f"gpuinfra: cannot start {end['reason']}\n".encode()
        output.add(text)
        if first is not None:
            words = frames.pack(frames.ERR, text) + frames.pack(frames.EXIT, str(end["exit_code"]).encode())
            first.sendall(words)
    saved = _save(asked, output)
    folder.note("end", {**end, "save_code": saved})
    if supervisor:
        supervisor.tell(int(end["exit_code"]), str(end["reason"]))
    if asked.get("then") not in (None, "none") and end["state"] not in ("stopped", "lost") and not saved:
        systemd.wish(boot_id())
    seen = first is not None and (supervisor is None or not supervisor.kept)
    if seen and end["exit_code"] != SSH_FAILED:
        folder.remove()
    if told := systemd.power_off_when_idle(folder.id):
        output.add(f"gpuinfra: {told}\n".encode())
    return int(end["exit_code"])


def _save(asked: Request, output: output_log.OutputLog) -> int:
    """Run what brings the results out; its exit code decides whether the host may end."""
    if not asked.get("save"):
        return 0
    output.add(f"gpuinfra: saving: {asked['save']}\n".encode())
    done = subprocess.run(
        ["bash", "-c", asked["save"]], cwd=asked["cwd"], env=asked["env"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    output.add(done.stdout + f"gpuinfra: saving ended with exit code {done.returncode}\n".encode())
    return done.returncode
