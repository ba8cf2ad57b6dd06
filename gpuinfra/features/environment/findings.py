"""What a check of environment.yml finds: one finding, and the report of all."""

from collections.abc import Iterator
from dataclasses import dataclass

from gpuinfra.features.environment.yaml_document import Document

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One thing in environment.yml; an error is certain to fail on the host, or to install something else."""

    severity: str
    line: int
    message: str
    suggestion: str = ""
    file: str = "environment.yml"

    def text(self) -> str:
        """Return it as compilers do, so that an editor can jump to the line."""
        tail = f"; write: {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.message}{tail}"


Findings = Iterator[LintFinding]


def error(line: int, message: str, suggestion: str = "") -> LintFinding:
    """Return an error."""
    return LintFinding(severity=ERROR, line=line, message=message, suggestion=suggestion)


def warning(line: int, message: str, suggestion: str = "") -> LintFinding:
    """Return a warning."""
    return LintFinding(severity=WARNING, line=line, message=message, suggestion=suggestion)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All findings by line, and the document; it is empty when the text is no YAML."""

    findings: tuple[LintFinding, ...]
    document: Document

    @property
    def errors(self) -> tuple[LintFinding, ...]:
        """Return what refuses a plan."""
        return tuple(f for f in self.findings if f.severity == ERROR)

    @property
    def warnings(self) -> tuple[LintFinding, ...]:
        """Return what is only told."""
        return tuple(f for f in self.findings if f.severity == WARNING)

    @property
    def wrong_files(self) -> str:
        """Name the files that have errors."""
        return " and ".join(dict.fromkeys(finding.file for finding in self.errors))
