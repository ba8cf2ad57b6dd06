"""`env lock`: write exactly which packages the host installs, each with its hash."""

from dataclasses import dataclass
from pathlib import Path

from gpuinfra.actions.env_check import question
from gpuinfra.environment import lock
from gpuinfra.environment.check import check, require
from gpuinfra.environment.ports import HostFiles, Solver
from gpuinfra.environment.solution import Solution
from gpuinfra.ports import Narrator


@dataclass(frozen=True, kw_only=True)
class Locked:
    """The lock that was written and what is in it."""

    path: Path
    solution: Solution


def env_lock(files: HostFiles, narrator: Narrator, *, solver: Solver, cuda: str) -> Locked:
    """Solve environment.yml and write the answer.

    Raises:
        ConfigError: environment.yml has errors, or there is no answer; an older lock is left as it was.
    """
    data = files.environment()
    report = check(data, travels=files.travels())
    for warning in require(report):
        narrator.say(warning)
    solution = solver.solve(question(report, cuda))
    text = lock.text(solution, data)
    too_big = files.room_for(text)
    path = files.write_lock(text)
    if report.document.pip or files.travels():
        narrator.say("conda's packages are locked; what pip installs is not")
    if too_big:
        narrator.say(f"warning: with this lock no host can be made: {too_big}")
    return Locked(path=path, solution=solution)
