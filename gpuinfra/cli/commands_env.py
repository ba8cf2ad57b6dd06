"""The commands about environment.yml: one function each, as in commands.py."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gpuinfra import factory

if TYPE_CHECKING:
    from gpuinfra.features.environment.check import CheckResult
    from gpuinfra.features.environment.lock import LockResult
    from gpuinfra.features.environment.solution import Solution


def check(stack: str, *, solve: bool, cuda: str) -> CheckResult:
    """Return what is wrong with environment.yml."""
    from gpuinfra.features.environment.check import env_check

    solver = factory.solver(os.environ) if solve else None
    return env_check(factory.host_files(os.environ), cuda=lambda: _cuda(stack, cuda), solver=solver)


def check_text(checked: CheckResult) -> str:
    """Return the findings as lines, then a summary, then the answer of the solver."""
    from gpuinfra.features.environment.lint import FILE

    report = checked.report
    lines = [finding.text(FILE) for finding in report.findings]
    lines.append(f"{FILE}: {_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}")
    return "\n".join([*lines, *([solution_text(checked.solution)] if checked.solution else [])])


def check_json(checked: CheckResult) -> dict[str, object]:
    """Return the same as plain values."""
    import dataclasses

    return {
        "findings": [dataclasses.asdict(finding) for finding in checked.report.findings],
        "errors": len(checked.report.errors),
        "warnings": len(checked.report.warnings),
        "lock": checked.lock,
        "solve": solution_json(checked.solution) if checked.solution else None,
        "refused": checked.refusal.message if checked.refusal else None,
    }


def lock(stack: str, *, cuda: str) -> LockResult:
    """Write environment.lock."""
    from gpuinfra.features.environment.lock import env_lock

    reporter = factory.world(stack, os.environ).reporter
    solver, files = factory.solver(os.environ), factory.host_files(os.environ)
    locked = env_lock(files, reporter, solver=solver, cuda=_cuda(stack, cuda))
    reporter.say(solution_text(locked.solution))
    return locked


def solution_text(solution: Solution) -> str:
    """Return an answer in one line."""
    from gpuinfra.features.environment.solution import NO_CUDA

    size = f"{len(solution.packages)} packages, {solution.download_mib} MiB to download"
    torch = f", pytorch {solution.pytorch}" if solution.pytorch else ""
    return f"linux-64, CUDA {solution.cuda or NO_CUDA}: {size}{torch}"


def solution_json(solution: Solution) -> dict[str, object]:
    """Return an answer as plain values."""
    return {
        "cuda": solution.cuda or None,
        "packages": len(solution.packages),
        "download_mib": solution.download_mib,
        "pytorch": solution.pytorch or None,
    }


def _cuda(stack: str, asked: str) -> str:
    """Return the CUDA to solve for: that of the stack's host unless one is asked for."""
    from gpuinfra.features.environment.solution import cuda_of
    from gpuinfra.tools.terraform.tfvars import DEFAULTS

    values = factory.world(stack, os.environ).values
    if asked or not values.exists():
        return cuda_of(asked, image=DEFAULTS["image"], instance_type=DEFAULTS["instance_type"])
    settings = values.read()
    return cuda_of(asked, image=settings.image, instance_type=settings.instance_type)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
