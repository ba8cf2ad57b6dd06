"""All jobs and left runs of the host, as one list."""

from __future__ import annotations

import os

from gpuinfra.host.jobs.job_store import JobDirectory, JobError, home

KEEP = 100  # ended jobs


def all_jobs() -> list[JobDirectory]:
    """Return all jobs, the oldest first."""
    try:
        jobs = [JobDirectory(name) for name in os.listdir(home())]
    except FileNotFoundError:
        return []
    known = [(job.read("job"), job) for job in jobs]
    order = [
        (request.get("created", ""), os.stat(job.path).st_ctime, job) for request, job in known if request
    ]
    return [job for *_, job in sorted(order, key=lambda one: one[:2])]


def find(wanted: str, flags: str = "") -> JobDirectory:
    """Return a job by id, or the newest of a name; without either the newest of all."""
    every = all_jobs()
    for job in reversed(every):
        if wanted in ("", job.id) or wanted == job.read("job").get("name"):
            return job
    known = ", ".join(f.id for f in every[-10:])
    raise JobError(
        f"there is no job {wanted!r} on the host; there are: {known}"
        if known
        else "there is no job on the host",
        f"gpuinfra job list{flags}",
    )


def running(but: str = "") -> list[str]:
    """Return the ids of what runs now or is about to."""
    return [job.id for job in all_jobs() if job.id != but and job.is_running()]


def prune() -> None:
    """Forget the oldest of many ended jobs."""
    if os.path.isdir(home()) and len(os.listdir(home())) > KEEP:
        for job in all_jobs()[:-KEEP]:
            if not job.is_running():
                job.remove()
