"""The commands that run things on the host: one function each, as in commands.py."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.ground.errors import Interrupted
from gpuinfra.ground.names import DEFAULT_STACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuinfra.features.jobs.job import Job
    from gpuinfra.features.jobs.jobs import JobSpec
    from gpuinfra.tools.ssh.host_client import SshHostClient

# How values of --env travel from our first process to our second: never by its command line.
HIDDEN = "GPUINFRA_HIDDEN_ENV"


def run(stack: str, words: Sequence[str], *, env: Sequence[str], tty: bool | None) -> int:
    """Run a command on the host; return its exit code."""
    from gpuinfra.features.jobs import jobs as actions

    wanted = _wanted(words, env, tty=_at_terminal() if tty is None else tty)
    return actions.run(factory.world(stack, os.environ), host_jobs(), wanted)


def exit_code_of(code: int, left: bool, job_id: str) -> int:
    """Return the exit code of a `run` of the default stack that ssh ended with 255, or say what goes on."""
    from gpuinfra.features.jobs import jobs as actions
    from gpuinfra.ground.job_protocols import SessionResult

    world = factory.world(DEFAULT_STACK, os.environ)
    return actions.exit_code_of(world, host_jobs(), SessionResult(code=code, left=left), job_id)


def start(
    stack: str,
    words: Sequence[str],
    *,
    name: str,
    env: Sequence[str],
    time_limit: str,
    then: str,
    save: str,
    tty: bool,
) -> Job:
    """Start a job on the host."""
    from dataclasses import replace

    from gpuinfra.features.jobs import job as jobs
    from gpuinfra.features.jobs import jobs as actions
    from gpuinfra.ground.hints import command

    wanted = replace(
        _wanted(words, env, tty=tty),
        name=name,
        time_limit_s=jobs.seconds(time_limit),
        then=then,
        save=save,
    )
    world = factory.world(stack, os.environ)
    job = actions.start(world, host_jobs(), wanted)
    world.reporter.say(f"next: {command(f'job logs -f {job.id}', stack)}")
    return job


def listed(stack: str) -> list[Job]:
    """Return all jobs."""
    from gpuinfra.features.jobs import jobs as actions

    return actions.listed(factory.world(stack, os.environ), host_jobs())


def listed_text(found: Sequence[Job]) -> str:
    """Return jobs as a table."""
    from gpuinfra.features.jobs import job as jobs

    return jobs.table(found)


def plain(found: Sequence[Job]) -> list[dict[str, object]]:
    """Return jobs as plain values."""
    import dataclasses

    return [dataclasses.asdict(job) for job in found]


def logs(stack: str, job: str, *, follow: bool) -> int:
    """Copy a job's log to stdout.

    Raises:
        Interrupted: Ctrl-C; the job goes on.
    """
    from gpuinfra.features.jobs import jobs as actions

    copy = actions.follow if follow else actions.logs
    try:
        return copy(factory.world(stack, os.environ), host_jobs(), job)
    except KeyboardInterrupt:
        raise Interrupted("stopped following; the job goes on") from None


def attach(stack: str, job: str) -> int:
    """Sit at a running job; return its exit code."""
    from gpuinfra.features.jobs import jobs as actions

    return actions.attach(factory.world(stack, os.environ), host_jobs(), job, tty=_at_terminal())


def stop(stack: str, job: str) -> Job:
    """End a job."""
    from gpuinfra.features.jobs import jobs as actions

    return actions.stop(factory.world(stack, os.environ), host_jobs(), job)


def wait(stack: str, job: str) -> Job:
    """Wait for a job's end.

    Raises:
        Interrupted: Ctrl-C; the job goes on.
    """
    from gpuinfra.features.jobs import jobs as actions

    try:
        return actions.wait(factory.world(stack, os.environ), host_jobs(), job)
    except KeyboardInterrupt:
        raise Interrupted("stopped waiting; the job goes on") from None


def job_text(job: Job) -> str:
    """Return one job in a line."""
    code = "" if job.exit_code is None else f", exit code {job.exit_code}"
    return f"{job.id}  {job.state}{code}{f' ({job.reason})' if job.reason else ''}"


def exit_code(job: Job) -> int:
    """Return the exit code to pass on; a lost job has none of its own."""
    return job.exit_code if job.exit_code is not None and job.state != "lost" else 5


def hide_values(words: Sequence[str]) -> None:
    """Start this program anew without the values of --env in its command line, where all users see them."""
    own = len(sys.argv) - len(words)
    shown, hidden = without_values(sys.argv[1:own])
    if hidden:
        environ = {**os.environ, HIDDEN: json.dumps(hidden)}
        argv = [sys.executable, "-P", "-m", "gpuinfra", *shown, *sys.argv[own:]]
        os.execve(sys.executable, argv, environ)  # noqa: S606


def without_values(options: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return options with `--env K` for each `--env K=V`, and the values."""
    shown: list[str] = []
    hidden: dict[str, str] = {}
    for word in options:
        after = bool(shown) and shown[-1] in ("--env", "-e")
        start = "" if after else next((s for s in ("--env=", "-e") if word.startswith(s) and word != s), "")
        key, equals, value = word.removeprefix(start).partition("=")
        if (after or start) and equals:
            hidden[key] = value
        shown.append(start + key if (after or start) and equals else word)
    return shown, hidden


def _wanted(words: Sequence[str], env: Sequence[str], *, tty: bool) -> JobSpec:
    from gpuinfra.features.jobs import job as jobs
    from gpuinfra.features.jobs.jobs import JobSpec

    here = {**os.environ, **json.loads(os.environ.pop(HIDDEN, "{}"))}
    given = jobs.variables(env, here)
    if tty and "TERM" in os.environ:
        given = {"TERM": os.environ["TERM"], **given}
    return JobSpec(words=tuple(words), env=given, tty=tty)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def host_jobs() -> SshHostClient:
    """Return what talks to the program on the host."""
    from gpuinfra.tools.ssh.host_client import SshHostClient

    return SshHostClient()
