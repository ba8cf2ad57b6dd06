"""What the user asked to be run, from the options of `run` and `job start`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """A command to be run; then: what the host does when its jobs are done, save: what is run before.

    restart: it begins again on the next host if EC2 takes this one back. id: the job's own, else the host's.
    """

    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    name: str = ""
    tty: bool = False
    time_limit_s: float | None = None
    then: str = "none"
    save: str = ""
    restart: bool = False
    id: str = ""


def at_terminal() -> bool:
    """Tell whether a person sits at both ends of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def job_spec(
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    env: Sequence[str],
    tty: bool,
    name: str = "",
    time_limit: str = "",
    then: str = "none",
    save: str = "",
    restart: bool = False,
) -> JobSpec:
    """Return the command to be run; `environ` holds the values of those `env` that name none.

    Raises:
        ConfigError: a time limit or a variable that is none.
    """
    variables = jobs.variables(env, dict(environ))
    if tty and "TERM" in environ:
        variables = {"TERM": environ["TERM"], **variables}
    return JobSpec(
        words=tuple(words),
        env=variables,
        tty=tty,
        name=name,
        time_limit_s=jobs.seconds(time_limit),
        then=then,
        save=save,
        restart=restart,
    )


def check_then(wanted: JobSpec) -> None:
    """Refuse an end of the host that is none, or that loses what the job made."""
    if wanted.then not in ("stop", "terminate", "none"):
        raise ConfigError(f"--then says {wanted.then!r}; it must be stop, terminate or none")
    if wanted.then == "terminate" and not wanted.save:
        raise ConfigError(
            "--then terminate deletes the disk and with it what the job made; say how the results get out",
            hint="--save 'aws s3 sync out s3://my-bucket/out'   (--save true: nothing is kept)",
        )
