"""The jobs that begin again on the next host: their whole requests, beside the stack's state (0600).

They are kept here as nothing of a spot host is left, its disk included. Variables of `--env` are in it.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.files import write_private

MOST = 200  # the newest are kept


@dataclass(frozen=True, kw_only=True)
class RestartableJob:
    """A job of `--restart`: on which host it was started last, and for the how manieth time (0: the first).

    begun: that host has taken it. started: when, ISO 8601 in UTC; empty in a file of an older version.
    """

    id: str
    instance_id: str
    spec: JobSpec = field(repr=False)
    attempt: int = 0
    begun: bool = False
    started: str = ""

    @property
    def label(self) -> str:
        """Return its name, or else its id."""
        return self.spec.name or self.id


class RestartRecord(Protocol):
    """What is kept."""

    def read(self) -> list[RestartableJob]:
        """Return all, the oldest first."""

    def put(self, job: RestartableJob, *, instead_of: str = "") -> None:
        """Keep one, in the place of the one with that id, or its own."""

    def drop(self, job_id: str) -> None:
        """Forget one."""


class RestartFile:
    """The RestartRecord protocol as a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[RestartableJob]:
        """Return all; a file that is broken has none."""
        with suppress(OSError, ValueError, RecursionError):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            jobs = raw if isinstance(raw, list) else []
            return [job for one in jobs if isinstance(one, dict) and (job := _parse(one))]
        return []

    def put(self, job: RestartableJob, *, instead_of: str = "") -> None:
        """Keep one.

        Raises:
            ConfigError: it cannot be written: the job would be lost with its host.
        """
        others = [one for one in self.read() if one.id not in (job.id, instead_of)]
        self._write([*others, job][-MOST:])

    def drop(self, job_id: str) -> None:
        """Forget one."""
        jobs = self.read()
        if left := [one for one in jobs if one.id != job_id]:
            self._write(left)
        else:
            self._path.unlink(missing_ok=True)

    def _write(self, jobs: Sequence[RestartableJob]) -> None:
        try:
            write_private(self._path, json.dumps([asdict(job) for job in jobs]).encode())
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None


def _parse(raw: Mapping[str, Any]) -> RestartableJob | None:
    """Return a kept job; None for what is none."""
    spec = raw.get("spec")
    try:
        given = {**spec, "words": tuple(map(str, spec["words"])), "env": dict(spec["env"])}  # type: ignore[dict-item, index]
        return RestartableJob(
            id=str(raw["id"]), instance_id=str(raw["instance_id"]), spec=JobSpec(**given),
            attempt=int(raw["attempt"]), begun=bool(raw["begun"]),
            started=str(raw.get("started", "")),
        )  # fmt: skip
    except (TypeError, KeyError, ValueError):
        return None
