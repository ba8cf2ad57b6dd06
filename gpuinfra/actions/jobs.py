"""`run` and `job ...`: commands on the host that outlive this machine's connection."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from gpuinfra import jobs
from gpuinfra.actions.again import reconnect
from gpuinfra.actions.connect import connect
from gpuinfra.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.hints import command
from gpuinfra.job_ports import HostJobs, Request, Sat
from gpuinfra.jobs import Job
from gpuinfra.model import Host
from gpuinfra.names import DEFAULT_STACK
from gpuinfra.ports import Ports
from gpuinfra.project_dir import PROJECT_DIRECTORY

ASK_TIMEOUT_S = 60.0
POLL_S = 30.0
SSH_FAILED = 255


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A command to be run; then: what the host does when its jobs are done, save: what is run before."""

    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    name: str = ""
    tty: bool = False
    time_limit_s: float | None = None
    then: str = "none"
    save: str = ""


def run(ports: Ports, host_jobs: HostJobs, wanted: Wanted) -> int:
    """Run a command and sit at it; return its exit code.

    Raises:
        HostError: the connection broke, or the user left; the command goes on.
    """
    job_id = "".join(secrets.choice(jobs.LETTERS) for _ in range(4))
    return _sit(ports, host_jobs, {**_asked("run", wanted, ports), "id": job_id}, job_id, tty=wanted.tty)


def attach(ports: Ports, host_jobs: HostJobs, job_id: str, *, tty: bool) -> int:
    """Sit at a running job; return its exit code."""
    found = ask(ports, host_jobs, "view", job=job_id)
    request = {"verb": "attach", "job": found["id"], "flags": _flags(ports)}
    return _sit(ports, host_jobs, request, str(found["id"]), tty=tty and bool(found["tty"]))


def start(ports: Ports, host_jobs: HostJobs, wanted: Wanted) -> Job:
    """Start a job; it goes on whatever becomes of this machine."""
    host = connect(ports)
    _check_end(ports, host, wanted)
    request = _asked("start", wanted, ports)
    return jobs.parse(host_jobs.ask(_ssh(ports, host), request, timeout_s=ASK_TIMEOUT_S))


def listed(ports: Ports, host_jobs: HostJobs) -> list[Job]:
    """Return the jobs on the host, the newest first."""
    return [jobs.parse(raw) for raw in ask(ports, host_jobs, "list")]


def stop(ports: Ports, host_jobs: HostJobs, job_id: str) -> Job:
    """Ask a job to end; return it as it then is."""
    return jobs.parse(ask(ports, host_jobs, "stop", job=job_id))


def wait(ports: Ports, host_jobs: HostJobs, job_id: str) -> Job:
    """Wait for a job's end, through lost connections and restarts of the host."""
    host = connect(ports)
    while True:
        try:
            request = {"verb": "wait", "job": job_id, "seconds": POLL_S, "flags": _flags(ports)}
            job = jobs.parse(host_jobs.ask(_ssh(ports, host), request, timeout_s=POLL_S + ASK_TIMEOUT_S))
        except Unreachable:
            host = reconnect(ports)
            continue
        job_id = job.id  # a name may be another job's tomorrow
        if job.has_ended:
            return job


def logs(ports: Ports, host_jobs: HostJobs, job_id: str, *, follow: bool) -> int:
    """Copy a job's log to stdout; with `follow` until the job ends, through lost connections."""
    host, offset = connect(ports), 0
    job_id = str(ask(ports, host_jobs, "view", job=job_id)["id"]) if follow else job_id
    while True:
        request = {"verb": "logs", "job": job_id, "offset": offset, "follow": follow, "flags": _flags(ports)}
        code, copied = host_jobs.stream(_ssh(ports, host), request)
        offset += copied
        if code != SSH_FAILED or not follow:
            return code
        ports.narrator.say("the connection is lost; the job goes on")
        host = reconnect(ports)


def ask(ports: Ports, host_jobs: HostJobs, verb: str, *, job: str = "") -> Any:
    """Ask the host one thing."""
    host = connect(ports)
    request = {"verb": verb, "job": job, "flags": _flags(ports)}
    return host_jobs.ask(_ssh(ports, host), request, timeout_s=ASK_TIMEOUT_S)


def _sit(ports: Ports, host_jobs: HostJobs, request: Request, job_id: str, *, tty: bool) -> int:
    host = connect(ports)
    sat = host_jobs.sit(_ssh(ports, host), request, tty=tty)
    return _passed_on(ports, host_jobs, sat, job_id) if sat.left or sat.code == SSH_FAILED else sat.code


def _passed_on(ports: Ports, host_jobs: HostJobs, sat: Sat, job_id: str) -> int:
    """Tell a command's own 255 from a broken connection; return the exit code, or say what goes on."""
    stack, job = ports.workspace.name, None
    try:
        job = jobs.parse(ask(ports, host_jobs, "view", job=job_id))
    except HostError:
        pass
    except GpuInfraError:
        return sat.code  # it has ended while we looked on, and nothing is kept of it
    if job and job.has_ended and job.exit_code is not None:
        return job.exit_code
    why = "you left" if sat.left else "the connection is lost"
    raise HostError(
        f"{why}; the command goes on, as the job {job_id}",
        hint=f"{command(f'job attach {job_id}', stack)} (or: job logs -f, job stop)",
    )


def _asked(verb: str, wanted: Wanted, ports: Ports) -> Request:
    if not wanted.words:
        raise ConfigError("there is no command", hint=command("run -- python train.py", ports.workspace.name))
    return {
        "verb": verb,
        "words": list(wanted.words),
        "env": wanted.env,
        "name": jobs.checked_name(wanted.name),
        "tty": wanted.tty,
        "time_limit_s": wanted.time_limit_s,
        "then": wanted.then,
        "save": wanted.save,
        "directory": PROJECT_DIRECTORY,
        "flags": _flags(ports),
    }


def _check_end(ports: Ports, host: Host, wanted: Wanted) -> None:
    """Refuse an end of the host that would do something else than was asked for."""
    if wanted.then == "none":
        return
    if wanted.then not in ("stop", "terminate"):
        raise ConfigError(f"--then says {wanted.then!r}; it must be stop, terminate or none")
    if wanted.then == "terminate" and not wanted.save:
        raise ConfigError(
            "--then terminate deletes the disk and with it what the job made; say how the results get out",
            hint="--save 'aws s3 sync out s3://my-bucket/out'   (--save true: nothing is kept)",
        )
    behaviour = ports.cloud(host.region, None).shutdown_behavior(host.instance_id)
    if behaviour != wanted.then:
        raise ConfigError(
            f"--then {wanted.then}: a power-off of this host would {behaviour} it (shutdown_behavior)",
            hint=f'shutdown_behavior = "{wanted.then}" in terraform.tfvars, then {command("up", host.stack)}',
        )


def _ssh(ports: Ports, host: Host) -> list[str]:
    return ports.link.argv(host, [])


def _flags(ports: Ports) -> str:
    name = ports.workspace.name
    return "" if name == DEFAULT_STACK else f" --stack {name}"
