"""All checks of one environment.yml, in the order of its lines."""

from collections.abc import Collection, Iterator, Sequence

from gpuinfra.features.environment import (
    channels,
    conda_specs,
    cpu_packages,
    foreign_export,
    other_files,
    pip_specs,
    pythons,
    requirements,
    schema,
)
from gpuinfra.features.environment.findings import LintFinding, Report, error, warning
from gpuinfra.features.environment.yaml_document import Document, Entry, NotYaml, parse
from gpuinfra.ground.errors import ConfigError

FILE = "environment.yml"
EMPTY = Document(root=Entry(line=1, kind="nothing"))


def lint(
    data: bytes,
    *,
    travels: Collection[str] = (),
    gpu_type: str = "",
    lines: Sequence[requirements.Line] = (),
) -> Report:
    """Check the bytes of an environment.yml, and the lines of requirements.txt.

    travels: the names of the files that are sent to the host with it.
    gpu_type: the instance type if it has GPUs; what cannot use them is an error then.
    """
    try:
        text = data.decode("utf-8")
        document = parse(text)
    except UnicodeDecodeError as problem:
        return _unreadable(data.count(b"\n", 0, problem.start) + 1, "this is not UTF-8 text")
    except NotYaml as problem:
        return _unreadable(problem.line, problem.message)
    for_cpu = list(cpu_packages.lint(document, gpu_type)) if gpu_type else []
    refused = {finding.line for finding in for_cpu}
    others = [f for f in _findings(text, document, travels) if f.line not in refused]
    found = sorted([*for_cpu, *others], key=lambda f: (f.line, f.severity))
    return Report(findings=(*found, *requirements.lint(lines, gpu_type)), document=document)


def require(report: Report) -> tuple[str, ...]:
    """Return the warnings as lines.

    Raises:
        ConfigError: there are errors; the message has all of them.
    """
    if report.errors:
        count = f"{len(report.errors)} error{'s' if len(report.errors) > 1 else ''}"
        lines = "\n  ".join(finding.text() for finding in report.errors)
        raise ConfigError(
            f"{report.wrong_files} has {count}; nothing was contacted\n  {lines}",
            hint=f"$EDITOR {report.errors[0].file}",
        )
    return tuple(finding.text() for finding in report.warnings)


def _findings(text: str, document: Document, travels: Collection[str]) -> Iterator[LintFinding]:
    if made := other_files.told(text):
        yield warning(1, made)
    yield from schema.line_endings(text)
    yield from schema.lint(document)
    yield from channels.lint(document)
    if document.conda:
        yield from conda_specs.lint(document)
        yield from pythons.lint(document)
        yield from foreign_export.lint(document)
    yield from pip_specs.lint(document, travels)


def _unreadable(line: int, message: str) -> Report:
    return Report(findings=(error(line, message),), document=EMPTY)
