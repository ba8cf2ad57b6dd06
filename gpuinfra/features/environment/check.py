"""`env check`: what is wrong with environment.yml, before a host is paid for."""

from collections.abc import Callable
from dataclasses import dataclass

from gpuinfra.features.environment import channels, conda_specs, lock_file
from gpuinfra.features.environment.findings import Report
from gpuinfra.features.environment.lint import lint
from gpuinfra.features.environment.protocols import HostFiles, Solver
from gpuinfra.features.environment.solution import Solution, SolveRequest
from gpuinfra.ground.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The findings; with a solver, its answer or its refusal too. `refusal` is what ends the command."""

    report: Report
    lock: str
    solution: Solution | None = None
    refusal: ConfigError | None = None


def env_check(files: HostFiles, *, cuda: Callable[[], str], solver: Solver | None = None) -> CheckResult:
    """Check environment.yml and the lock; with a solver, ask the channels too, if there are no errors."""
    data = files.environment()
    report = lint(data, travels=files.travels())
    held = files.lock()
    state = "none" if held is None else "stale" if lock_file.is_stale(held, data) else "current"
    if report.errors or solver is None:
        return CheckResult(report=report, lock=state, refusal=_refusal(report, state))
    try:
        solution = solver.solve(question(report, cuda()))
    except ConfigError as error:
        return CheckResult(report=report, lock=state, refusal=error)
    return CheckResult(report=report, lock=state, solution=solution, refusal=_refusal(report, state))


def question(report: Report, cuda: str) -> SolveRequest:
    """Return what the host's conda would be asked."""
    return SolveRequest(
        channels=tuple(channels.names(report.document)),
        specs=tuple(conda_specs.for_solver(report.document)),
        cuda=cuda,
    )


def _refusal(report: Report, state: str) -> ConfigError | None:
    count = len(report.errors)
    if count:
        return ConfigError(f"environment.yml has {count} error{'s' if count > 1 else ''}")
    return lock_file.stale() if state == "stale" else None
