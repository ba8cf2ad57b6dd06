"""`run` and `job ...`: commands on the host that outlive this machine's connection."""

from dataclasses import dataclass, field
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import connect_with_retry, reconnect
from gpuinfra.features.jobs import job as jobs
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.jobs.request import command_request, new_id
from gpuinfra.ground.errors import CloudError, ConfigError, HostError, Unreachable
from gpuinfra.ground.hints import command
from gpuinfra.ground.job_protocols import HostClient, Request, SessionResult
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.protocols import World

ASK_TIMEOUT_S = 60.0
POLL_S = 30.0
SSH_FAILED = 255


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """A command to be run; then: what the host does when its jobs are done, save: what is run before."""

    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    name: str = ""
    tty: bool = False
    time_limit_s: float | None = None
    then: str = "none"
    save: str = ""


def run(world: World, host_jobs: HostClient, wanted: JobSpec) -> int:
    """Run a command and sit at it; return its exit code.

    Raises:
        HostError: the connection broke, or the user left; the command goes on.
    """
    request = {**_command_request("run", wanted, world), "id": new_id()}
    sat = host_jobs.sit(_ssh(world, connect(world)), request, tty=wanted.tty)
    return exit_code_of(world, host_jobs, sat, request["id"])


def attach(world: World, host_jobs: HostClient, job_id: str, *, tty: bool) -> int:
    """Sit at a running job; return its exit code."""
    host = connect(world)
    found = _ask(world, host_jobs, host, "view", job_id)
    sat = host_jobs.sit(
        _ssh(world, host), _request(world, "attach", found["id"]), tty=tty and bool(found["tty"])
    )
    return exit_code_of(world, host_jobs, sat, found["id"])


def start(world: World, host_jobs: HostClient, wanted: JobSpec) -> Job:
    """Start a job; it goes on whatever becomes of this machine."""
    request = _command_request("start", wanted, world)
    _check_then(wanted)
    host = connect(world)
    _check_power_off(world, host, wanted)
    return jobs.parse(host_jobs.ask(_ssh(world, host), request, timeout_s=ASK_TIMEOUT_S))


def listed(world: World, host_jobs: HostClient) -> list[Job]:
    """Return the jobs on the host, the newest first."""
    return [jobs.parse(raw) for raw in ask(world, host_jobs, "list")]


def stop(world: World, host_jobs: HostClient, job_id: str) -> Job:
    """Ask a job to end; return it as it then is."""
    return jobs.parse(ask(world, host_jobs, "stop", job=job_id))


def wait(world: World, host_jobs: HostClient, job_id: str) -> Job:
    """Wait for a job's end, through lost connections and restarts of the host."""
    host = connect_with_retry(world)
    while True:
        try:
            request = _request(world, "wait", job_id, seconds=POLL_S)
            job = jobs.parse(host_jobs.ask(_ssh(world, host), request, timeout_s=POLL_S + ASK_TIMEOUT_S))
        except Unreachable:
            world.reporter.say("the connection is lost; the job goes on")
            host = reconnect(world)
            continue
        job_id = job.id  # a name may be another job's tomorrow
        if job.has_ended:
            return job


def logs(world: World, host_jobs: HostClient, job_id: str) -> int:
    """Copy a job's log to stdout."""
    request = _request(world, "logs", job_id, offset=0, follow=False)
    return host_jobs.stream(_ssh(world, connect(world)), request)[0]


def follow(world: World, host_jobs: HostClient, job_id: str) -> int:
    """Copy a job's log to stdout until it ends, through lost connections and restarts of the host."""
    host, offset = connect_with_retry(world), 0
    job_id = _ask(world, host_jobs, host, "view", job_id)["id"]
    while True:
        request = _request(world, "logs", job_id, offset=offset, follow=True)
        code, copied = host_jobs.stream(_ssh(world, host), request)
        offset += copied
        if code != SSH_FAILED:
            return code
        world.reporter.say("the connection is lost; the job goes on")
        host = reconnect(world)


def ask(world: World, host_jobs: HostClient, verb: str, *, job: str = "") -> Any:
    """Ask the host one thing."""
    return _ask(world, host_jobs, connect(world), verb, job)


def _ask(world: World, host_jobs: HostClient, host: Host, verb: str, job: str) -> Any:
    return host_jobs.ask(_ssh(world, host), _request(world, verb, job), timeout_s=ASK_TIMEOUT_S)


def _request(world: World, verb: str, job: str, **more: Any) -> Request:
    return {"verb": verb, "job": job, "flags": _flags(world), **more}


def exit_code_of(world: World, host_jobs: HostClient, sat: SessionResult, job_id: str) -> int:
    """Return the exit code of a command that was sat at; its own 255 is told from a broken connection.

    Raises:
        HostError: the command goes on, or never began.
    """
    if sat.code != SSH_FAILED and not sat.left:
        return sat.code
    why, stack = "you left" if sat.left else "the connection is lost", world.files.name
    goes_on = f"{why}; the command goes on, as the job {job_id}"
    try:
        request = _request(world, "view", job_id, forget=True)
        ssh = _ssh(world, connect(world))
        job = jobs.parse(host_jobs.ask(ssh, request, timeout_s=ASK_TIMEOUT_S))
    except ConfigError:
        raise HostError(f"{why}; the command had not begun", hint="the same command again") from None
    except (HostError, CloudError) as error:
        goes_on = f"{why}; if the command had begun, it goes on, as the job {job_id} ({error.message})"
    else:
        if job.has_ended and job.exit_code is not None:
            return job.exit_code
        goes_on = f"the command {job_id} is lost: {job.reason}" if job.has_ended else goes_on
    hint = f"{command(f'job attach {job_id}', stack)} (or: job logs -f, job stop)"
    raise HostError(goes_on, hint=hint)


def _command_request(verb: str, wanted: JobSpec, world: World) -> Request:
    if not any(wanted.words[:1]):
        raise ConfigError("there is no command", hint=command("run -- python train.py", world.files.name))
    return command_request(
        verb, words=wanted.words, env=wanted.env, tty=wanted.tty, name=jobs.checked_name(wanted.name),
        time_limit_s=wanted.time_limit_s, then=wanted.then, save=wanted.save, flags=_flags(world),
    )  # fmt: skip


def _check_then(wanted: JobSpec) -> None:
    """Refuse an end of the host that is none, or that loses what the job made."""
    if wanted.then not in ("stop", "terminate", "none"):
        raise ConfigError(f"--then says {wanted.then!r}; it must be stop, terminate or none")
    if wanted.then == "terminate" and not wanted.save:
        raise ConfigError(
            "--then terminate deletes the disk and with it what the job made; say how the results get out",
            hint="--save 'aws s3 sync out s3://my-bucket/out'   (--save true: nothing is kept)",
        )


def _check_power_off(world: World, host: Host, wanted: JobSpec) -> None:
    """Refuse an end of the host that would do something else than was asked for."""
    if wanted.then == "none":
        return
    behaviour = world.cloud(host.region, None).shutdown_behavior(host.instance_id)
    if behaviour != wanted.then:
        raise ConfigError(
            f"--then {wanted.then}: a power-off of this host would {behaviour} it (shutdown_behavior)",
            hint=f'shutdown_behavior = "{wanted.then}" in terraform.tfvars, then {command("up", host.stack)}',
        )


def _ssh(world: World, host: Host) -> list[str]:
    return world.ssh.argv(host, [])


def _flags(world: World) -> str:
    name = world.files.name
    return "" if name == DEFAULT_STACK else f" --stack {name}"
