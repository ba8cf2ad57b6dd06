"""The conda packages: names, versions, and the one thing that should be pinned, Python. Pure."""

import re
from dataclasses import dataclass

from gpuinfra.features.environment import channels, known_names
from gpuinfra.features.environment.findings import Findings, LintFinding, error, warning
from gpuinfra.features.environment.yaml_document import Document, Entry

_SPEC = re.compile(r"(?:(?P<channel>[^\s=<>!~]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?P<rest>.*)\Z")
_LETTER = re.compile(r"\A[OolI](?=[.\d])|\d[OI]|[OI]\d|\.[OolI](?:\d|\.|\Z)|\d[ol](?=[.\d])")
_NO_PYTHON = re.compile(r"[^\d.](?<!\d[ab])(?<!\drc)(?!c\d)")
_DIGITS = str.maketrans("OoIl", "0011")
_OPERATORS = "=<>!~"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One conda dependency, taken apart as far as the checks need."""

    line: int
    text: str
    name: str
    rest: str

    @property
    def versions(self) -> list[str]:
        """Return the version numbers in it, without operators and build."""
        rest = re.sub(r"(?<=\w)=.*", "", self.rest.lstrip(" =")) if "[" not in self.rest else ""
        return [v for v in re.split(r"[\s,|=<>!~*]+", rest) if v]


def specs(document: Document) -> list[Spec]:
    """Return the dependencies that have a name."""
    return [spec for entry in document.conda if (spec := _spec(entry))]


def for_solver(document: Document) -> list[str]:
    """Return what a solver is asked for; pip too, as conda adds it to every Python."""
    asked = [" ".join(entry.text.split()) for entry in document.conda]
    return asked if "pip" in {spec.name for spec in specs(document)} else [*asked, "pip"]


def lint(document: Document) -> Findings:
    """Check each package, then what is there twice, then Python."""
    public = channels.only_public(document)
    seen: dict[str, int] = {}
    for entry in document.conda:
        spec = _spec(entry)
        if spec is None:
            yield error(entry.line, f"{entry.text!r} does not begin with the name of a package")
            continue
        found = _shape(spec) or _version(spec) or _name(spec, public=public)
        if found:
            yield found
        if spec.name in seen:
            yield warning(spec.line, f"{spec.name!r} stands on line {seen[spec.name]} already")
        seen.setdefault(spec.name, spec.line)
    yield from _python(document)


def _spec(entry: Entry) -> Spec | None:
    match = _SPEC.match(entry.text.strip())
    if match is None:
        return None
    return Spec(line=entry.line, text=entry.text, name=match["name"].lower(), rest=match["rest"].strip())


def _shape(spec: Spec) -> LintFinding | None:
    line, text, rest = spec.line, spec.text, spec.rest
    if re.search(r"=[<>]", rest):
        fixed = text.replace("=>", ">=").replace("=<", "<=")
        return error(line, f"{text!r}: the operator is the wrong way round", f"- {fixed}")
    if ";" in rest:
        return error(line, f"{text!r}: conditions after ; work in pip lines only")
    if re.match(r"\[[^=\]]*\]", rest):
        return error(line, f"{text!r}: extras in [ ] are pip's; conda has none", f"- {spec.name}")
    if rest.startswith(("^", "@")):
        return error(line, f"{text!r}: {rest[0]} is not conda's", f"- {spec.name}>={rest[1:]}")
    if re.match(r"[A-Za-z_]", rest):
        joined = "-".join(text.split())
        return error(line, f"{text!r} has a space: one name, or two packages on one line?", f"- {joined}")
    if rest and rest[0] not in "[*0123456789" + _OPERATORS:
        return error(line, f"{text!r}: {rest[0]!r} cannot follow a name")
    return error(line, f"{text!r}: a version is missing") if rest[-1:] in set(_OPERATORS + ",|") else None


def _version(spec: Spec) -> LintFinding | None:
    for version in spec.versions:
        if (_NO_PYTHON if spec.name == "python" else _LETTER).search(version):
            fixed = spec.text.replace(version, version.translate(_DIGITS))
            return error(
                spec.line,
                f"{spec.text!r}: a letter in the version",
                f"- {fixed}" if fixed != spec.text else "",
            )
    return None


def _name(spec: Spec, *, public: bool) -> LintFinding | None:
    right = known_names.NOT_CONDA.get(spec.name)
    if right:
        make = error if public else warning
        return make(spec.line, f"conda has no package {spec.name!r}", f"- {right}{spec.rest}")
    right = known_names.DOUBTFUL_CONDA.get(spec.name) or known_names.near(spec.name)
    if right:
        return warning(spec.line, f"{spec.name!r} looks wrong", f"- {right}{spec.rest}")
    if spec.name == "pytorch-cuda":
        both = f"- pytorch-gpu and - cuda-version={spec.versions[0]}" if spec.versions else "- pytorch-gpu"
        return warning(spec.line, "pytorch-cuda belongs to the frozen channel pytorch", both)
    if spec.name in ("cpuonly", "pytorch-cpu"):
        return warning(spec.line, f"{spec.name!r} keeps PyTorch off the GPU", "- pytorch-gpu")
    return None


def _python(document: Document) -> Findings:
    found = [spec for spec in specs(document) if spec.name == "python"]
    if not found:
        line = document.conda[0].line if document.conda else document.root.line
        yield warning(line, "Python is not pinned: the newest may lack packages", "- python=3.12")
    for spec in found[:1]:
        if not spec.rest or spec.rest == "*" or (spec.rest[0] == ">" and "<" not in spec.rest):
            yield warning(
                spec.line, f"{spec.text!r} lets in any newer Python, which may lack packages", "- python=3.12"
            )
        elif re.match(r"=?=?\s*3\.1\Z", spec.rest):
            yield error(spec.line, f"{spec.text!r} is the Python of 2009", "- python=3.10")
        elif re.match(r"==\s*\d\.\d+\Z", spec.rest):
            fix = f"- python={spec.versions[0]}"
            yield warning(spec.line, f"{spec.text!r} means {spec.versions[0]}.0 and nothing newer", fix)
