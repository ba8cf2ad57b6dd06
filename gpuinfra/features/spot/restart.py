"""Jobs of `--restart`: kept when they start; after an interruption they begin again on the next host."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gpuinfra.features.events import events
from gpuinfra.features.jobs import jobs
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.jobs.jobs import Before
from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.jobs.request import new_id
from gpuinfra.features.spot.restart_file import RestartableJob, RestartRecord
from gpuinfra.features.spot.verdict import why_not
from gpuinfra.ground.errors import GpuInfraError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

ATTEMPT = "GPUINFRA_RESTART"  # in the job's environment: 1 for the first time that it begins again
ENDED = ("terminated", "shutting-down")


def start(world: World, spec: JobSpec, before: Before, *, record: RestartRecord) -> Job:
    """Start a job; one of `--restart` is kept before the host has it, so that no crash forgets it."""
    if not spec.restart:
        return jobs.start(world, spec, before)
    if not spec.save:
        world.reporter.say("--restart without --save: it begins again with nothing of what it made")
    job = RestartableJob(id=new_id(), instance_id="", spec=spec)
    return _started(world, job, before, record, begin=jobs.start)


def hear(world: World, record: RestartRecord) -> None:
    """Keep what the host before said last, and what AWS says of its end: the next apply forgets it."""
    host = world.state.read().host
    if not (host and record.read()):
        return
    events.hear(world)
    instance = world.cloud(host.region, None).instance(host.instance_id)
    known = [one for one in world.events.read() if one.get("instance_id") == host.instance_id]
    text = f"{instance.state}: {instance.reason}" if instance and instance.reason else ""
    if instance and instance.state in ENDED and text and text not in map(_said_by_aws, known):
        event = {"time": instance.since or _now(), "kind": "aws", "text": text}
        world.events.keep([event], host.instance_id)


def begin_again(
    world: World, host: Host, record: RestartRecord, *, before: Callable[[], Before], is_ready: bool
) -> list[Job]:
    """Start the jobs of `--restart` whose host was interrupted on this one; say which begin, and which not.

    before: what brings the project first. One that cannot be started is kept for the next time.

    Raises:
        HostError: not all could be started.
    """
    due = _due(world, host, record)
    if due and not is_ready:
        names, hint = ", ".join(job.label for job in due), command("up", host.stack)
        world.reporter.say(f"once the host is ready, {hint} lets these begin again: {names}")
        return []
    failed, begun = [], []
    for job in due:
        try:
            begun.append(_again(world, host, job, before(), record))
        except GpuInfraError as error:
            world.reporter.say(f"the job {job.label} could not begin again: {error.message}")
            failed.append(job.label)
    if failed:
        message = f"the host is up, but these jobs did not begin again: {', '.join(failed)}"
        raise HostError(message, hint=command("up", host.stack))
    return begun


def _due(world: World, host: Host, record: RestartRecord) -> list[RestartableJob]:
    """Return what begins again; what has ended for good is forgotten."""
    heard, due = world.events.read(), []
    for job in record.read():
        if job.instance_id == host.instance_id:
            due += [] if job.begun else [job]
        elif reason := why_not(job, heard):
            world.reporter.say(f"the job {job.label} does not begin again: {reason}")
            record.drop(job.id)
        else:
            due.append(job)
    return due


def _again(world: World, host: Host, job: RestartableJob, before: Before, record: RestartRecord) -> Job:
    """Start a job on this host; one that a killed command has started there is left as it is."""
    if job.instance_id == host.instance_id and (found := _there(jobs.listed(world), job.id)):
        record.put(replace(job, begun=True, created=found.created))
        return found
    attempt = job.attempt + (job.instance_id != host.instance_id)
    new = replace(job, id=new_id(), attempt=attempt, begun=False)
    made = _started(world, new, before, record, begin=jobs.begin, instead_of=job)
    world.reporter.say(f"the job {job.label} begins again as {made.id} (time {attempt + 1})")
    return made


def _there(found: Sequence[Job], job_id: str) -> Job | None:
    return next((job for job in found if job.id == job_id), None)


def _started(
    world: World,
    job: RestartableJob,
    before: Before,
    record: RestartRecord,
    *,
    begin: Callable[[World, JobSpec, Before], Job],
    instead_of: RestartableJob | None = None,
) -> Job:
    """Start it under an id of ours, kept at the last moment; one that is refused is as before."""
    kept: list[RestartableJob] = []

    def keep(host: Host) -> None:
        before(host)
        kept.append(replace(job, instance_id=host.instance_id, asked=_now(), created=""))
        record.put(kept[0], instead_of=instead_of.id if instead_of else "")

    env = {**job.spec.env, ATTEMPT: str(job.attempt)} if job.attempt else job.spec.env
    try:
        made = begin(world, replace(job.spec, id=job.id, env=env), keep)
    except Unreachable:  # it may have begun
        raise
    except GpuInfraError:
        if kept and instead_of:
            record.put(instead_of, instead_of=job.id)
        elif kept:
            record.drop(job.id)
        raise
    record.put(replace(kept[0], begun=True, created=made.created))
    return made


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said_by_aws(event: dict[str, object]) -> object:
    return event.get("text") if event.get("kind") == "aws" else ""
