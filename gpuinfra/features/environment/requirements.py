"""requirements.txt: read with the files that it names, checked as the pip section is. Pure but for `read`."""

import codecs
import dataclasses
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.environment import cpu_packages, pip_specs
from gpuinfra.features.environment.findings import LintFinding, error
from gpuinfra.features.environment.yaml_document import Document, Entry

FILE = "requirements.txt"
_NESTED = re.compile(r"(?:-r|--requirement)[ =]*(?P<name>\S+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[ =]*(?P<name>\S+)")
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
_HASHES = re.compile(r"\s+--hash[= ]\S+")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as pip reads it: continued ones joined; where it stands, relative to the project."""

    file: str
    number: int
    text: str


def read(root: Path, name: str = FILE, *, above: tuple[str, ...] = ()) -> Iterator[Line]:
    """Yield the lines of a file and, in place, those of the files that it names by -r.

    What is named and cannot be read stays a line: `lint` refuses it.
    """
    for line in lines(name, (root / name).read_bytes()):
        nested = _NESTED.match(line.text)
        path = os.path.normpath(Path(name).parent / nested["name"]) if nested else ""
        if nested and path not in (*above, name) and _inside(root, path):
            yield from read(root, path, above=(*above, name))
        elif not nested or path not in (*above, name):
            yield line


def lines(name: str, data: bytes) -> Iterator[Line]:
    """Yield the lines of one file, in UTF-8 or what PowerShell's `>` writes (UTF-16), as pip takes both."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    first, held = 1, ""
    for number, text in enumerate(data.decode(encoding, errors).splitlines(), 1):
        held += text.removesuffix("\\")
        if not text.endswith("\\"):
            yield Line(file=name, number=first, text=held)
            first, held = number + 1, ""
    if held:
        yield Line(file=name, number=first, text=held)


def is_plain(data: bytes, found: Iterable[Line]) -> bool:
    """Tell whether a file can go as it is: it has all the lines, in UTF-8."""
    return not data.startswith(tuple(_BOMS)) and all(line.file == FILE for line in found)


def flat(found: Iterable[Line]) -> bytes:
    """Return the lines as one file for the host."""
    return "".join(f"{line.text}\n" for line in found).encode("utf-8", "surrogateescape")


def lint(found: Iterable[Line], gpu_type: str = "") -> list[LintFinding]:
    """Check the lines as those of a pip section are checked."""
    held = [line for line in found if _code(line.text)]
    entries = tuple(Entry(line=at, kind="text", text=_code(line.text)) for at, line in enumerate(held))
    document = Document(root=Entry(line=0, kind="nothing"), pip=entries)
    refused = {at: _unsent(line) or _for_cpu(line, gpu_type) for at, line in enumerate(held)}
    ours = [finding for finding in refused.values() if finding]
    pips = [f for f in pip_specs.lint(document, ()) if not refused[f.line]]
    return [*ours, *(_at(held[f.line], f) for f in pips)]


def _unsent(line: Line) -> LintFinding | None:
    text = _code(line.text)
    constraint, nested = _CONSTRAINT.match(text), _NESTED.match(text)
    named = constraint or nested
    if not named or "://" in named["name"]:
        return None
    if constraint:
        why = f"{text!r}: a file of constraints is not sent; write its limits into {line.file}"
    else:
        why = f"{text!r}: there is no such file in this project"
    return dataclasses.replace(error(line.number, why), file=line.file)


def _for_cpu(line: Line, gpu_type: str) -> LintFinding | None:
    found = cpu_packages.of_pip(line.number, _code(line.text), gpu_type) if gpu_type else None
    return dataclasses.replace(found, file=line.file) if found else None


def _at(line: Line, finding: LintFinding) -> LintFinding:
    suggestion = finding.suggestion.removeprefix("- ")
    return dataclasses.replace(finding, file=line.file, line=line.number, suggestion=suggestion)


def _code(text: str) -> str:
    """Return a line without comment and hashes."""
    return _HASHES.sub("", re.sub(r"(?:\A|\s+)#.*", "", text)).strip()


def _inside(root: Path, path: str) -> bool:
    """Tell whether it is a file of the project: one from elsewhere is not sent without a word."""
    full = (root / path).resolve()
    return full.is_file() and full.is_relative_to(root.resolve())
