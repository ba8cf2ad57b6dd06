"""A sound environment, and the findings of one that differs from it."""

from collections.abc import Collection

from gpuinfra.features.environment.findings import LintFinding
from gpuinfra.features.environment.lint import lint

SOUND = """\
name: gpu
channels:
  - conda-forge
dependencies:
  - python=3.12
"""


def findings(text: str, *, travels: Collection[str] = ()) -> tuple[LintFinding, ...]:
    """Return all findings of a text."""
    return lint(text.encode(), travels=travels).findings


def of_conda(spec: str, channel: str = "conda-forge") -> list[LintFinding]:
    """Return the findings of one more conda dependency, on line 6."""
    return list(findings(SOUND.replace("conda-forge", channel) + f"  - {spec}\n"))


def of_pip(line: str, *, travels: Collection[str] = ()) -> list[LintFinding]:
    """Return the findings of one pip line, on line 7."""
    return list(findings(SOUND + f"  - pip:\n    - {line}\n", travels=travels))
