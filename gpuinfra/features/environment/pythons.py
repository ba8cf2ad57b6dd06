"""Which Python the file asks for, and what is certain to fail with it. Pure.

Dated 2026-11-29: PEPs 537, 569, 596 (ends of life) and PyPI's files of torch.
"""

import re

from gpuinfra.features.environment import channels
from gpuinfra.features.environment.conda_specs import Spec, specs
from gpuinfra.features.environment.findings import Findings, error, warning
from gpuinfra.features.environment.yaml_document import Document

Version = tuple[int, ...]
# verify.py, which proves the environment by its own Python, has f-strings
OLDEST: Version = (3, 6)
ALLOWED = "3.6 or newer"
_TEN: Version = (3, 1)  # 3.10 with its zero eaten: told by conda_specs
# Python -> when its last fix came, and the last torch that has files for it
ENDED: dict[Version, tuple[str, str]] = {
    (3, 6): ("December 2021", "1.10.2"),
    (3, 7): ("June 2023", "1.13.1"),
    (3, 8): ("October 2024", "2.4.1"),
}
_PIN = re.compile(r"(?:==|=)?\s*(\d+(?:\.\d+)*)")
_UPPER = re.compile(r"<(=?)\s*(\d+(?:\.\d+)*)")
_TORCH = re.compile(r"\s*torch\s*==\s*(\d+(?:\.\d+)*)")


def lint(document: Document) -> Findings:
    """Refuse a Python that can never become ready, and a PyTorch that has no files for it."""
    found = [spec for spec in specs(document) if spec.name == "python"]
    for python in found[:1]:
        newest = _newest(python)
        if newest is not None and newest < OLDEST and newest != _TEN:
            message = f"{python.text!r} is too old: the proof that an environment works needs {ALLOWED}"
            yield error(python.line, message, "- python=3.12")
        pinned = pinned_minor(python)
        if pinned in ENDED:
            yield from _ended(document, python, pinned)


def pinned_minor(spec: Spec) -> Version | None:
    """Return (3, 7) of python=3.7.*; None where more than one minor version is let in."""
    match = _PIN.match(spec.rest)
    version = _version(match[1]) if match else ()
    return version[:2] if len(version) > 1 and "|" not in spec.rest else None


def _ended(document: Document, python: Spec, minor: Version) -> Findings:
    when, last = ENDED[minor]
    asked = [(e.line, e.text, "torch==") for e in document.pip if _is_newer(_TORCH.match(e.text), last)]
    if channels.only_public(document):
        conda = [spec for spec in specs(document) if spec.name == "pytorch"]
        asked += [(s.line, s.text, "pytorch=") for s in conda if _is_newer(_PIN.match(s.rest), last)]
    for line, text, name in asked:
        why = f"{last} is the last for Python {_text(minor)} (line {python.line})"
        yield error(line, f"{text!r}: {why}", f"- {name}{last}")
    if not asked:
        yield warning(
            python.line,
            f"Python {_text(minor)} ended in {when}: {last} is its last PyTorch, and newer versions of most"
            " packages leave it out; gpuinfra env check --solve tells what can be installed today",
        )


def _is_newer(match: re.Match[str] | None, last: str) -> bool:
    return match is not None and _version(match[1]) > _version(last)


def _newest(spec: Spec) -> Version | None:
    """Return the newest minor version that the pin lets in, None where there is no end."""
    if "|" in spec.rest:
        return None
    if pinned := pinned_minor(spec):
        return pinned
    uppers = [(equal, _version(version)) for equal, version in _UPPER.findall(spec.rest)]
    if uppers:
        equal, version = min(uppers, key=lambda it: it[1])
        return version[:2] if equal or len(version) > 2 else (version[0], (*version, 0)[1] - 1)
    bare = re.match(r"={1,2}\s*(\d+)\.?\*?\Z|(\d+)\Z", spec.rest)
    major = int(bare[1] or bare[2]) if bare else 3
    return (major, 99) if major < 3 else None


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


def _text(version: Version) -> str:
    return ".".join(map(str, version))
