"""On the host: what the laptop asks about its use: now, and over a time that has passed."""

from __future__ import annotations

import sys
import time

from gpuinfra.host import gpu_state, lean_json
from gpuinfra.host.guard import gpu, samples, summary
from gpuinfra.host.guard.system import Sampler
from gpuinfra.host.jobs import job_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]

FIRST_S = 0.5  # the first sample's rates need a time to be rates of


def now(sampler: Sampler) -> Request:
    """Return a sample, what is wrong with the GPUs, and the jobs that run."""
    reading = gpu.ask()
    sample = sampler.take(reading.gpus)
    jobs = [job.view() for job in job_list.all_jobs() if job.is_running()]
    return {**sample.values(), "gpu_words": gpu_state.read()[1] or reading.words, "jobs": jobs}


def once() -> Request:
    """Return what the host does now."""
    sampler = Sampler()
    time.sleep(FIRST_S)
    return now(sampler)


def stream(request: Request) -> int:
    """Write a line of JSON at once and then every `every_s` seconds, until nobody reads any more."""
    sampler, wait_s = Sampler(), FIRST_S
    while True:
        time.sleep(wait_s)
        try:
            sys.stdout.write(lean_json.dumps(now(sampler)) + "\n")
            sys.stdout.flush()
        except OSError:
            return 0
        wait_s = max(FIRST_S, float(request["every_s"]))


def over_time(request: Request) -> Request:
    """Return the summary and the series of a time: from `since` to `until`, or the last `seconds` to now.

    By this clock, which also wrote the times of samples and jobs.
    """
    until = request.get("until") or time.time()
    since = request["since"] if request.get("since") is not None else until - request["seconds"]
    # a sample stands for the time before it: the one that ends shortly after a job has most of it
    kept = [
        one
        for one in samples.History().read(since)
        if one.time - min(one.seconds, one.time - since) / 2 <= until
    ]
    shorter = summary.series(kept, int(request["points"]))
    return {
        "since": since,
        "until": until,
        "summary": summary.summarize(kept) if kept else None,
        "series": [one.values() for one in shorter],
    }
