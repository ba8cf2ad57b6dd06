"""`env lock`: write exactly which packages the host installs, each with its hash."""

from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.check import cuda_for, gpu_type_of, question
from gpuinfra.features.environment.lint import lint, require
from gpuinfra.features.environment.protocols import HostFiles, Solver
from gpuinfra.features.environment.solution import Solution
from gpuinfra.ground.protocols import Reporter
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class LockResult:
    """The lock that was written and what is in it."""

    path: Path
    solution: Solution

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"path": str(self.path), **self.solution.plain()}


def lock(world: World, files: HostFiles, solver: Solver, *, cuda: str) -> LockResult:
    """Write environment.lock as `env lock` does, and say what is in it."""
    gpu_type = gpu_type_of(world, cuda)
    locked = env_lock(files, world.reporter, solver=solver, cuda=cuda_for(world, cuda), gpu_type=gpu_type)
    world.reporter.say(locked.solution.text())
    return locked


def env_lock(
    files: HostFiles, reporter: Reporter, *, solver: Solver, cuda: str, gpu_type: str = ""
) -> LockResult:
    """Solve environment.yml and write the answer.

    Raises:
        ConfigError: environment.yml has errors, or there is no answer; an older lock is left as it was.
    """
    data = files.environment()
    report = lint(data, travels=files.travels(), gpu_type=gpu_type, lines=files.requirement_lines())
    for warning in require(report):
        reporter.say(warning)
    solution = solver.solve(question(report, cuda))
    text = lock_file.text(solution, data)
    if report.document.pip or files.travels():
        reporter.say("conda's packages are locked; what pip installs is not")
    return LockResult(path=files.write_lock(text), solution=solution)
