"""What became of the jobs of a host that is gone: as it told its console, and as it is kept here."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from gpuinfra.features.events import event, events
from gpuinfra.features.events.event import HostEvent
from gpuinfra.features.jobs import jobs
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.spot.restart import hear
from gpuinfra.features.spot.restart_file import RestartableJob, RestartRecord
from gpuinfra.features.spot.verdict import why_not
from gpuinfra.ground.errors import HostError, Stopped
from gpuinfra.ground.world import World

TOLD = ("job ended", "job finished")


def listed(world: World, record: RestartRecord) -> list[Job]:
    """Return the jobs on the host; where it is gone, those that are known, and say so.

    Raises:
        HostError: there is no host, and nothing is known of the jobs of the last one.
    """
    try:
        return jobs.listed(world)
    except Stopped:
        raise
    except HostError as error:
        host = world.state.read().host
        instance = world.cloud(host.region, None).instance(host.instance_id) if host else None
        is_there = instance is not None and instance.state not in ("terminated", "shutting-down")
        if not host or is_there:
            raise
        words = events.last_words(world, host, instance)
        hear(world, record)
        heard = [one for one in world.events.read() if one.get("instance_id") == host.instance_id]
        here = [one for one in record.read() if one.instance_id == host.instance_id]
        again = {one.id for one in here if not why_not(one, heard)}
        if not (found := known(event.parse_all(heard), here, words, again=again)):
            raise
        world.reporter.say(f"{error.message}; what is known of its jobs:")
        return found


def known(
    told: Sequence[HostEvent], kept: Sequence[RestartableJob], ending: str, *, again: Collection[str]
) -> list[Job]:
    """Return the jobs that the host told of, and those of `--restart` that it did not; the newest first.

    again: ids of those that begin again.
    """
    found = {one.job: _of_event(one) for one in told if one.kind in TOLD and one.job}
    found |= {one.id: _of_request(one, ending) for one in kept if one.id not in found}
    jobs = [
        replace(job, reason=f"{job.reason}; begins again with the next host") if job.id in again else job
        for job in found.values()
    ]
    return sorted(jobs, key=lambda job: job.created, reverse=True)


def _of_event(one: HostEvent) -> Job:
    """Return a job of the host's last words; those of an older gpuinfra have no state."""
    state, reason = one.state or "done", one.text
    if one.kind == "job ended":
        took = f" ({one.seconds:.0f} s)" if one.seconds is not None else ""
        state, reason = "stopped", f"ended with its host: {one.reason}; {one.text}{took}"
    return _job(
        one.job, one.name, one.command, state=state, reason=reason, created=one.created, ended=one.time,
        code=one.exit_code,
    )  # fmt: skip


def _of_request(one: RestartableJob, ending: str) -> Job:
    reason = f"lost with its host: {ending}" if ending else "lost with its host"
    return _job(one.id, one.spec.name, " ".join(one.spec.words), state="stopped", reason=reason)


def _job(
    job_id: str, name: str, command: str, *, state: str, reason: str, created: str = "", ended: str = "",
    code: int | None = None,
) -> Job:  # fmt: skip
    return Job(
        id=job_id, name=name, kind="job", command=command, state=state, created=created, ended=ended,
        exit_code=code, reason=reason, attached=False, time_limit_s=None, then="none",
    )  # fmt: skip
