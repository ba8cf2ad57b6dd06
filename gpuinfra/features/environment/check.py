"""`env check`: what is wrong with environment.yml, before a host is paid for."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from gpuinfra.features.environment import channels, conda_specs, lock_file
from gpuinfra.features.environment.findings import Report
from gpuinfra.features.environment.lint import FILE, lint
from gpuinfra.features.environment.protocols import HostFiles, Solver
from gpuinfra.features.environment.solution import NO_CUDA, Solution, SolveRequest, cuda_of
from gpuinfra.ground import facts
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.text import count
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The findings; with a solver, its answer or its refusal too. `refusal` is what ends the command."""

    report: Report
    lock: str
    solution: Solution | None = None
    refusal: ConfigError | None = None

    def text(self) -> str:
        """Return the findings as lines, then a summary, then the answer of the solver."""
        report = self.report
        counts = f"{count(len(report.errors), 'error')}, {count(len(report.warnings), 'warning')}"
        files = " and ".join(dict.fromkeys((FILE, *(finding.file for finding in report.findings))))
        lines = [*(finding.text() for finding in report.findings), f"{files}: {counts}"]
        return "\n".join([*lines, *([self.solution.text()] if self.solution else [])])

    def plain(self) -> dict[str, object]:
        """Return the same as plain values."""
        return {
            "findings": [asdict(finding) for finding in self.report.findings],
            "errors": len(self.report.errors),
            "warnings": len(self.report.warnings),
            "lock": self.lock,
            "solve": self.solution.plain() if self.solution else None,
            "refused": self.refusal.message if self.refusal else None,
        }

    def refuse(self) -> None:
        """Raise what ends the command, if anything does."""
        if self.refusal:
            raise self.refusal


def check(world: World, files: HostFiles, solver: Solver | None, *, cuda: str) -> CheckResult:
    """Check environment.yml as `env check` does; the CUDA to solve for is looked up only if it is needed."""
    gpu_type = gpu_type_of(world, cuda)
    found = env_check(files, cuda=lambda: cuda_for(world, cuda), solver=solver, gpu_type=gpu_type)
    if found.refusal:
        return found
    settings = world.values.defaults() if cuda == NO_CUDA else _settings(world)
    try:
        world.user_data.require(replace(settings, instance_type=gpu_type))
    except ConfigError as error:  # too long for user-data, or a secret: what `plan` refuses, too
        return replace(found, refusal=error)
    return found


def env_check(
    files: HostFiles, *, cuda: Callable[[], str], solver: Solver | None = None, gpu_type: str = ""
) -> CheckResult:
    """Check environment.yml and the lock; with a solver, ask the channels too, if there are no errors."""
    data = files.environment()
    report = lint(data, travels=files.travels(), gpu_type=gpu_type, lines=files.requirement_lines())
    held = files.lock()
    state = "none" if held is None else "stale" if lock_file.is_stale(held, data) else "current"
    refusal = _refusal(report, state) or (_foreign(report, files) if state == "current" else None)
    if report.errors or solver is None:
        return CheckResult(report=report, lock=state, refusal=refusal)
    try:
        solution = solver.solve(question(report, cuda()))
    except ConfigError as error:
        return CheckResult(report=report, lock=state, refusal=error)
    return CheckResult(report=report, lock=state, solution=solution, refusal=refusal)


def question(report: Report, cuda: str) -> SolveRequest:
    """Return what the host's conda would be asked."""
    return SolveRequest(
        channels=tuple(channels.names(report.document)),
        specs=tuple(conda_specs.for_solver(report.document)),
        cuda=cuda,
    )


def _refusal(report: Report, state: str) -> ConfigError | None:
    if report.errors:
        return ConfigError(f"{report.wrong_files} has {count(len(report.errors), 'error')}")
    return lock_file.stale() if state == "stale" else None


def _foreign(report: Report, files: HostFiles) -> ConfigError | None:
    try:
        lock_file.refuse_foreign(files.lock() or b"", channels.names(report.document), files.alias)
    except ConfigError as error:
        return error
    return None


def gpu_type_of(world: World, cuda: str) -> str:
    """Return the instance type of the stack's host if it has GPUs; --cuda none is for one that has not."""
    if cuda == NO_CUDA:
        return ""
    chosen = _settings(world).instance_type
    return chosen if facts.has_nvidia_gpu(chosen) else ""


def cuda_for(world: World, wanted: str) -> str:
    """Return the CUDA to solve for: as asked, else what the stack's host said it has, else its image's."""
    settings = world.values.defaults() if wanted else _settings(world)
    known = cuda_of(wanted, image=settings.image, instance_type=settings.instance_type)
    return (world.files.cuda(settings.image) if known and not wanted else "") or known


def _settings(world: World) -> Settings:
    return world.values.read() if world.values.exists() else world.values.defaults()
