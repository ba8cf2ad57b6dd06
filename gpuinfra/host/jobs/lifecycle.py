"""A job from its request to its last word: prepared, started, supervised, its results saved, its end kept."""

from __future__ import annotations

import os
import time

from gpuinfra.host import gpu_state
from gpuinfra.host.jobs import command_environment, frames, job_list, systemd
from gpuinfra.host.jobs.clock import boot_id
from gpuinfra.host.jobs.early_save import EarlySave
from gpuinfra.host.jobs.exit_status import TIME_LIMIT_CODE, end_record
from gpuinfra.host.jobs.job_store import JobDirectory, JobError
from gpuinfra.host.jobs.output_log import OutputLog
from gpuinfra.host.jobs.process import JobProcess
from gpuinfra.host.jobs.supervisor import Supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from _socket import socket
    from typing import Any

    Request = dict[str, Any]
else:
    import _signal as signal  # plain numbers instead of enums

# What ssh says of a lost connection. A command's own 255 is kept until the laptop has asked which it was.
SSH_FAILED = 255
# A boot's check takes a second; who comes before it waits, but not for a driver that does not come.
CHECK_WAIT_S, CHECK_POLL_S = 60.0, 0.1


def prepare(request: Request, *, kind: str) -> JobDirectory:
    """Find out all that can be wrong before anything is started; make the job's directory."""
    refuse_unfit_gpus(request["flags"])
    flags, directory = request["flags"], os.path.expanduser(f"~/{request['directory']}")
    os.makedirs(directory, exist_ok=True)
    status_file = os.environ.get("GPUINFRA_STATUS", command_environment.STATUS_FILE)
    prefix, name = command_environment.conda(flags, status_file)
    words = request["words"]
    request["argv"] = command_environment.resolve_argv(words, prefix=prefix, directory=directory, flags=flags)
    env = request.get("env", {})
    request["env"] = command_environment.process_env(os.environ, env, prefix=prefix, name=name)
    request["cwd"] = directory
    job_list.prune()
    job = JobDirectory(request.get("id") or frames.new_id())
    shown = {name: request.get(name) for name in ("name", "time_limit_s", "then", "save", "tty", "restart")}
    job.create({**shown, "kind": kind, "command": command_environment.as_typed(words)})
    return job


def refuse_unfit_gpus(flags: str) -> None:
    """Take no job while a GPU is lost, unfit, or not yet checked since the boot. Raises JobError."""
    until = time.monotonic() + CHECK_WAIT_S
    while gpu_state.read()[0] == gpu_state.UNCHECKED and time.monotonic() < until:
        time.sleep(CHECK_POLL_S)
    state, reason = gpu_state.read()
    others = f"gpuinfra stop{flags} && gpuinfra start{flags}"  # EC2 then takes another machine
    hint = f"gpuinfra ssh{flags} -- sudo reboot   # checks anew; if it stays so: {others}"
    if state == gpu_state.UNCHECKED:
        hint = f"gpuinfra status --watch{flags}"
    if reason:
        raise JobError(f"this host takes no job: {reason}", hint, code=5)


def detach() -> None:
    """Leave the ssh session: it waits for all who hold its stdin, stdout or stderr."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def supervise(job: JobDirectory, request: Request, *, client: socket | None) -> int:
    """Run what was asked, keep how it ended; return its exit code. A run has a client from the start."""
    lock = job.lock()
    output = OutputLog(job.log, kept=client is None, journal=-1 if client else 1)
    try:
        process = start_process(request, reads=client is not None)
    except OSError as error:
        return record_failed_start(job, request, output, error, client)
    supervisor = Supervisor(job, process, output, kept=client is None)
    supervisor.early_save = EarlySave(job, request)
    if client is not None:
        supervisor.add_client(client)
    if request.get("time_limit_s"):
        supervisor.limit(float(request["time_limit_s"]))
    code = finish_job(job, request, output, supervisor)
    os.close(lock)
    return code


def start_process(request: Request, *, reads: bool) -> JobProcess:
    """Start the command. Raises OSError."""
    size = str(request.get("size", "24 80")).encode()
    return JobProcess(
        request["argv"], env=request["env"], cwd=request["cwd"], tty=bool(request.get("tty")),
        reads=reads, size=size,
    )  # fmt: skip


def record_failed_start(
    job: JobDirectory, request: Request, output: OutputLog, error: OSError, client: socket | None
) -> int:
    """Keep and tell why a command could not be started; return the exit code that a shell has for that."""
    code = 127 if isinstance(error, FileNotFoundError) else 126
    reason = start_error(request["argv"][0], error)
    text = f"gpuinfra: cannot start {reason}\n".encode()
    output.add(text)
    save_code = save_results(request, output)
    job.try_write("end", {**end_record(code, ""), "reason": reason, "save_code": save_code})
    if client is not None:
        client.sendall(frames.pack(frames.ERR, text) + frames.pack(frames.EXIT, str(code).encode()))
    see_to_the_hosts_end(job, request, output, wanted=not save_code)
    if client is not None:
        job.remove()
    return code


def start_error(program: str, error: OSError) -> str:
    """Return why a program could not be started, for the user."""
    if not isinstance(error, FileNotFoundError):
        return f"{program}: {error.strerror}"
    line = "; a line for the shell is one word in quotes: 'cd data && ls'" if "/" not in program else ""
    return f"{program}: there is no such program on the host{line}"


def finish_job(job: JobDirectory, request: Request, output: OutputLog, supervisor: Supervisor) -> int:
    """Run the job to its end, run --save, keep the end, tell attached clients, power off if asked."""
    end = supervisor.run()
    if supervisor.early_save:
        supervisor.early_save.stop()
    if request.get("time_limit_from") and end["exit_code"] == TIME_LIMIT_CODE and end["reason"]:
        end["reason"] = f"{end['reason']} (job_time_limit of {request['time_limit_from']})"
    began = time.monotonic()
    save_code = save_results(request, output, until=supervisor.save_until)
    save_s = round(time.monotonic() - began, 1)
    job.try_write("end", {**end, "save_code": save_code, "save_s": save_s})
    supervisor.notify_exit(
        int(end["exit_code"]), ("GPU failed: " if "cause" in end else "") + str(end["reason"])
    )
    if not supervisor.kept and end["exit_code"] != SSH_FAILED:
        job.remove()  # a run whose client has seen all of it
    see_to_the_hosts_end(
        job, request, output, wanted=end["state"] not in ("stopped", "lost") and not save_code
    )
    return int(end["exit_code"])


def save_results(request: Request, output: OutputLog, *, until: float | None = None) -> int:
    """Run what copies the results off the host; its exit code decides whether the host may end.

    until: of time.monotonic(); a host that ends does not wait longer, and what was printed is kept.
    """
    if not request.get("save"):
        return 0
    import subprocess

    output.add(f"gpuinfra: saving: {request['save']}\n".encode())
    process = subprocess.Popen(
        ["bash", "-c", request["save"]], cwd=request["cwd"], env=request["env"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    how = "ended"
    try:
        printed = process.communicate(timeout=None if until is None else max(1.0, until - time.monotonic()))[
            0
        ]
    except subprocess.TimeoutExpired:
        how = "took longer than the host waits, and was ended"
        os.killpg(process.pid, signal.SIGKILL)
        printed = process.communicate()[0]
    output.add(printed + f"gpuinfra: saving {how} with exit code {process.returncode}\n".encode())
    return process.returncode


def see_to_the_hosts_end(job: JobDirectory, request: Request, output: OutputLog, *, wanted: bool) -> None:
    """Power the host off if this job or one before asked for it, and nothing else runs."""
    if wanted and request.get("then") not in (None, "none"):
        systemd.request_power_off(boot_id())
    if outcome := systemd.power_off_when_idle(job.id):
        output.add(f"gpuinfra: {outcome}\n".encode())
