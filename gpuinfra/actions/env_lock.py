"""`env lock`: write exactly which packages the host installs, each with its hash."""

from dataclasses import dataclass
from pathlib import Path

from gpuinfra.actions.env_check import question
from gpuinfra.environment import lock
from gpuinfra.environment.check import check, require
from gpuinfra.environment.ports import HostFiles, Solver
from gpuinfra.environment.solution import Solution
from gpuinfra.errors import ConfigError
from gpuinfra.ports import Narrator


@dataclass(frozen=True, kw_only=True)
class Locked:
    """The lock that was written and what is in it."""

    path: Path
    solution: Solution


def env_lock(files: HostFiles, narrator: Narrator, *, solver: Solver, cuda: str) -> Locked:
    """Solve environment.yml and write the answer.

    Raises:
        ConfigError: environment.yml has errors, there is no answer, or it is too big to be sent.
            An older lock is left as it was.
    """
    data = files.environment()
    report = check(data, travels=files.travels())
    for warning in require(report):
        narrator.say(warning)
    solution = solver.solve(question(report, cuda))
    text = lock.text(solution, data)
    too_big = files.room_for(text)
    if too_big:
        raise ConfigError(
            f"a lock of {len(solution.packages)} packages cannot be sent to the host: {too_big}",
            hint="gpuinfra up   # without a lock the host solves environment.yml itself",
        )
    if report.document.pip or files.travels():
        narrator.say("conda's packages are locked; what pip installs is not")
    return Locked(path=files.write_lock(text), solution=solution)
