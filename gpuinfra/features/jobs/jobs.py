"""`run` and `job ...`: commands on the host that outlive this machine's connection."""

from collections.abc import Callable
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.connect.reconnect import connect_with_retry, reconnect
from gpuinfra.features.jobs import job as jobs
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.jobs.options import JobSpec, check_then
from gpuinfra.features.jobs.request import command_request, new_id
from gpuinfra.ground.errors import CloudError, ConfigError, HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.pool import SPOT
from gpuinfra.ground.protocols import Request, SessionResult
from gpuinfra.ground.world import World

ASK_TIMEOUT_S = 60.0
POLL_S = 30.0
SSH_FAILED = 255

# What is to be done on the connected host before a command begins there; it raises what forbids that.
Before = Callable[[Host], None]


def run(world: World, wanted: JobSpec, before: Before = lambda _: None) -> int:
    """Run a command, attached to it; return its exit code.

    Raises:
        HostError: the connection broke, or the user left; the command goes on.
    """
    request = {**_command_request("run", wanted, world), "id": new_id()}
    host = connect(world)
    before(host)
    session = world.host.attach(host, request, tty=wanted.tty)
    return exit_code_of(world, session, request["id"])


def attach(world: World, job_id: str, *, tty: bool) -> int:
    """Attach to a running job; return its exit code."""
    host = connect(world)
    found = ask(world, "view", job=job_id, host=host)
    name, has_terminal = jobs.parse(found).id, bool(found.get("tty"))
    session = world.host.attach(host, request_about(world, "attach", name), tty=tty and has_terminal)
    return exit_code_of(world, session, name)


def start(world: World, wanted: JobSpec, before: Before = lambda _: None) -> Job:
    """Start a job; say how to follow it."""
    job = begin(world, wanted, before)
    world.reporter.say(f"next: {command(f'job logs -f {job.id}', world.files.name)}")
    return job


def begin(world: World, wanted: JobSpec, before: Before = lambda _: None) -> Job:
    """Start a job; it goes on whatever becomes of this machine."""
    request = _command_request("start", wanted, world)
    check_then(wanted)
    host = connect(world)
    _check_power_off(world, host, wanted)
    before(host)
    return jobs.parse(world.host.ask(host, request, timeout_s=ASK_TIMEOUT_S))


def listed(world: World) -> list[Job]:
    """Return the jobs on the host, the newest first."""
    return jobs.parse_all(ask(world, "list"))


def stop(world: World, job_id: str) -> Job:
    """Ask a job to end; return it as it ended, now or before."""
    return jobs.ended(jobs.parse(ask(world, "stop", job=job_id)), world.files.name)


def wait(world: World, job_id: str) -> Job:
    """Wait for a job's end, through lost connections and restarts of the host.

    Raises:
        Interrupted: Ctrl-C; the job goes on.
    """
    try:
        return _wait(world, job_id)
    except KeyboardInterrupt:
        raise Interrupted("stopped waiting; the job goes on") from None


def _wait(world: World, job_id: str) -> Job:
    host = connect_with_retry(world)
    while True:
        try:
            request = request_about(world, "wait", job_id, seconds=POLL_S)
            job = jobs.parse(world.host.ask(host, request, timeout_s=POLL_S + ASK_TIMEOUT_S))
        except Unreachable:
            world.reporter.say("the connection is lost; the job goes on")
            host = reconnect(world)
            continue
        job_id = job.id  # a name may be another job's tomorrow
        if job.has_ended:
            return job


def ask(world: World, verb: str, *, job: str = "", host: Host | None = None) -> Any:
    """Ask the host one thing; connect to it, unless that is done."""
    return world.host.ask(host or connect(world), request_about(world, verb, job), timeout_s=ASK_TIMEOUT_S)


def request_about(world: World, verb: str, job: str, **more: Any) -> Request:
    """Return what the host is asked about a job."""
    return {"verb": verb, "job": job, "flags": _flags(world), **more}


def exit_code_of(world: World, session: SessionResult, job_id: str) -> int:
    """Return the exit code of a command that was attached to; its own 255 is told from a broken connection.

    Raises:
        HostError: the command goes on, is lost, or never began; or the host does not say.
    """
    if session.code != SSH_FAILED and not session.detached:
        return session.code
    why = "you left" if session.detached else "the connection is lost"
    job = _job_after_disconnect(world, job_id, why)
    if not job.has_ended:
        raise _to_attach_to(world, job_id, f"{why}; the command goes on, as the job {job_id}")
    if job.exit_code is None:
        raise _to_attach_to(world, job_id, f"the command {job_id} is lost: {job.reason}")
    return job.exit_code


def _job_after_disconnect(world: World, job_id: str, why: str) -> Job:
    """Ask the host what became of a command whose connection ended."""
    try:
        request = request_about(world, "view", job_id, forget=True)
        return jobs.parse(world.host.ask(connect(world), request, timeout_s=ASK_TIMEOUT_S))
    except ConfigError:
        raise HostError(f"{why}; the command had not begun", hint="the same command again") from None
    except (HostError, CloudError) as error:
        message = f"{why}; if the command had begun, it goes on, as the job {job_id} ({error.message})"
        raise _to_attach_to(world, job_id, message) from None


def _to_attach_to(world: World, job_id: str, message: str) -> HostError:
    return HostError(
        message, hint=f"{command(f'job attach {job_id}', world.files.name)} (or: job logs -f, job stop)"
    )


def _command_request(verb: str, wanted: JobSpec, world: World) -> Request:
    if not any(wanted.words[:1]):
        raise ConfigError("there is no command", hint=command("run -- python train.py", world.files.name))
    more: dict[str, Any] = {"restart": True} if wanted.restart else {}
    more |= {"id": wanted.id} if wanted.id else {}
    return command_request(
        verb, words=wanted.words, folder=world.folder, env=wanted.env, tty=wanted.tty,
        name=jobs.checked_name(wanted.name),
        time_limit_s=wanted.time_limit_s, then=wanted.then, save=wanted.save, flags=_flags(world), **more,
    )  # fmt: skip


def _check_power_off(world: World, host: Host, wanted: JobSpec) -> None:
    """Refuse an end of the host that would do something else than was asked for."""
    if wanted.then == "none":
        return
    behaviour = world.cloud(host.region, None).shutdown_behavior(host.instance_id)
    if behaviour != wanted.then and host.market == SPOT:
        raise ConfigError(
            f"--then {wanted.then}: EC2 stops no spot host: a power-off ends it, and deletes its disk",
            hint="--then terminate --save 'aws s3 sync out s3://my-bucket/out'",
        )
    if behaviour != wanted.then:
        raise ConfigError(
            f"--then {wanted.then}: a power-off of this host would {behaviour} it (shutdown_behavior)",
            hint=f'shutdown_behavior = "{wanted.then}" in terraform.tfvars, then {command("up", host.stack)}',
        )


def _flags(world: World) -> str:
    name = world.files.name
    return "" if name == DEFAULT_STACK else f" --stack {name}"
