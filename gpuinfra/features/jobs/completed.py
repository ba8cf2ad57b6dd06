"""A command on the host, waited for: what it printed, and how it ended."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.features.jobs import jobs, log
from gpuinfra.features.jobs.job import Job, parse
from gpuinfra.ground.errors import HostError, Interrupted
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True, repr=False)
class CompletedRun:
    """A command that has ended, and what it printed: stdout and stderr as they came."""

    job: Job
    output: str

    def __repr__(self) -> str:
        return f"<CompletedRun {self.job.text()}>"

    @property
    def code(self) -> int:
        """Return its exit code; 5 if it is lost."""
        return self.job.code_to_pass_on


class CommandFailed(HostError):
    """A command on the host ended with another exit code than 0; `run` is the whole of it."""

    def __init__(self, run: CompletedRun) -> None:
        super().__init__(f"{run.job.command}: {run.job.text()}")
        self.run = run


def completed(world: World, job: Job, on_output: Callable[[str], None]) -> CompletedRun:
    """Follow a job to its end, through lost connections; `on_output` gets what it prints, as it comes.

    Raises:
        Interrupted: Ctrl-C; the command was ended.
        HostError: Ctrl-C, and the command does not end; or not all of its output came.
    """
    parts: list[str] = []
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def take(data: bytes) -> None:
        parts.append(decode(data))
        on_output(parts[-1])

    try:
        _refuse_part(log.logs(world, job.id, follow=True, write=take), job.id, world)
        return CompletedRun(job=jobs.wait(world, job.id), output="".join(parts))
    except Interrupted:
        jobs.stop(world, job.id)
        raise Interrupted(f"the command was ended: {job.command}") from None


def printed(world: World, job_id: str) -> str:
    """Return what a job has printed so far.

    Raises:
        ConfigError: there is no such job.
        HostError: not all of it came.
    """
    parts: list[bytes] = []
    job_id = parse(jobs.ask(world, "view", job=job_id)).id
    _refuse_part(log.logs(world, job_id, follow=False, write=parts.append), job_id, world)
    return b"".join(parts).decode("utf-8", "replace")


def _refuse_part(code: int, job_id: str, world: World) -> None:
    """Raise HostError where ssh, or the program on the host, did not come to its end: a part is no output."""
    if code:
        raise HostError(
            f"not all that the job {job_id} has printed came (exit code {code})",
            hint=command(f"job logs {job_id}", world.files.name),
        )
