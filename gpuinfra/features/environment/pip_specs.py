"""The pip lines: what cannot work on the host, and what pip does not understand. Pure."""

import re
from collections.abc import Collection

from gpuinfra.features.environment import known_names, local_versions
from gpuinfra.features.environment.conda_specs import specs
from gpuinfra.features.environment.findings import Findings, LintFinding, error, warning
from gpuinfra.features.environment.yaml_document import Document, Entry

A_DIRECTORY = (
    "is a directory on your machine, unknown on the host. Leave it out; once the host is ready,"
    " gpuinfra run -- pip install -e . (run sends the project first)"
)
_LOCAL = re.compile(r"[./~\\]|file:|[A-Za-z]:\\|\S+\.(?:whl|tar\.gz|zip)\Z")
_VCS = re.compile(r"(?:[\w.-]+\s*@\s*)?(?:git|hg|svn|bzr)\+(?P<how>\w+)://")
_URL = re.compile(r"(?:[\w.\[\],-]+\s*@\s*)?https?://")
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[\w\s,.-]*\])?\s*(?P<rest>.*)\Z")
_VERSIONS = re.compile(r"\(?\s*(?:(?:===|==|~=|!=|>=|<=|>|<)\s*[\w.*+!-]+\s*,?\s*)*\)?\s*\Z")


def lint(document: Document, travels: Collection[str]) -> Findings:
    """Check each line; `travels` names the files that are sent to the host too."""
    conda = {_plain(spec.name): spec.line for spec in reversed(specs(document))}
    indexed = local_versions.has_index(document.pip)
    for entry in document.pip:
        found = _line(entry, travels) or (None if indexed else local_versions.finding(entry))
        name = _name(entry.text)
        twin = "pytorch" if name == "torch" and "pytorch" in conda else name
        if found:
            yield found
        elif twin in conda and twin != "pip":
            yield warning(entry.line, f"{name!r} is installed by conda too (line {conda[twin]}): pip's wins")


def _line(entry: Entry, travels: Collection[str]) -> LintFinding | None:
    line, text = entry.line, entry.text.strip()
    if text.startswith("-"):
        return _option(line, text, travels) or _clear(line, text)
    if _VCS.match(text):
        return _repository(line, text) or _clear(line, text)
    if _LOCAL.match(text) and not _URL.match(text):
        return error(line, f"{text!r} is a file on your machine, unknown on the host")
    return _clear(line, text) if _URL.match(text) else _requirement(line, text)


def _clear(line: int, text: str) -> LintFinding | None:
    """Warn of what comes unprotected: anybody on the way can put something else in its place."""
    if re.match(r"--trusted-host\b", text):
        return warning(line, f"{text!r}: pip then does not check who answers")
    if re.search(r"\bhttp://(?!(127\.0\.0\.1|localhost|\[::1\])[:/])", text):
        return warning(line, f"{text!r} comes in clear", f"- {text.replace('http://', 'https://')}")
    return None


def _option(line: int, text: str, travels: Collection[str]) -> LintFinding | None:
    match = re.match(r"(-[a-z]|--[\w-]+)[ =]*(.*)\Z", text)
    option, value = (match[1], match[2]) if match else (text, "")
    if option in ("-e", "--editable"):
        return None if "://" in value else error(line, f"{text!r} {A_DIRECTORY}")
    if option in ("-r", "-c", "--requirement", "--constraint"):
        if "://" in value or value in travels:
            return None
        fix = "-r requirements.txt" if option in ("-r", "--requirement") else ""
        return error(line, f"{text!r}: of such files only a requirements.txt beside this one is sent", fix)
    if option in ("-f", "--find-links") and _LOCAL.match(value):
        return error(line, f"{text!r} is a directory on your machine, unknown on the host")
    return None


def _repository(line: int, text: str) -> LintFinding | None:
    match = _VCS.match(text)
    if match and match["how"] == "ssh":
        return warning(line, f"{text!r} needs a key and port 22, and the host has neither")
    if re.search(r"git\+git://(www\.)?github\.com/", text):
        fixed = text.replace("git+git://", "git+https://")
        return error(line, f"{text!r}: GitHub ended git:// in 2022", f"- {fixed}")
    if not re.search(r"@[0-9a-f]{40}(#|\Z)", text):
        return warning(line, f"{text!r} may be another program tomorrow: name a commit (@ and 40 digits)")
    return None


def _requirement(line: int, text: str) -> LintFinding | None:
    bare = re.sub(r"\s+#.*|;.*|\s--(?:hash|config-settings|global-option)\b.*", "", text).strip()
    match = _REQUIREMENT.match(bare)
    if match is None:
        return error(line, f"{text!r} does not begin with the name of a package")
    name, rest = match["name"], match["rest"]
    if "=>" in rest or "=<" in rest:
        fixed = text.replace("=>", ">=").replace("=<", "<=")
        return error(line, f"{text!r}: the operator is the wrong way round", f"- {fixed}")
    if re.match(r"=\s*[\w.*]", rest):
        return error(line, f"{text!r}: pip wants two equals signs", f"- {name}=={rest[1:].strip()}")
    if re.match(r"[A-Za-z]", rest):
        return error(line, f"{text!r} has a space in its name", f"- {'-'.join(bare.split())}")
    if re.match(r"@\s*file:", rest):
        return error(line, f"{text!r} is a file on your machine, unknown on the host")
    if not _VERSIONS.match(rest):
        return error(line, f"{text!r}: pip does not understand {rest!r}")
    # with a condition it may be left out on the host
    return None if ";" in text else _mistaken(line, _plain(name), rest)


def _mistaken(line: int, name: str, rest: str) -> LintFinding | None:
    if name in known_names.NOT_PIP:
        return error(line, f"pip cannot install {name!r}", f"- {known_names.NOT_PIP[name]}{rest}")
    if name in known_names.NEVER_ON_PYPI:
        return error(line, f"{name!r} is not on PyPI (pip freeze of Ubuntu invents it): leave it out")
    if name in known_names.OTHER_SYSTEMS_PIP:
        return error(line, f"{name!r} is for Windows or macOS only: leave it out")
    if name == "tensorflow-gpu":
        return _tensorflow_gpu(line, rest)
    if name in ("python", "cudatoolkit", "cudnn"):
        return error(line, f"{name!r} is not pip's to install: move it up to conda's packages")
    right = known_names.DOUBTFUL_PIP.get(name) or known_names.near(name)
    return warning(line, f"{name!r} looks wrong", f"- {right}{rest}") if right else None


def _tensorflow_gpu(line: int, rest: str) -> LintFinding | None:
    """2.12 is a file that refuses to be installed: certain if asked for by name, likely without a pin."""
    pinned, instead = re.match(r"===?\s*2\.(\d+)", rest), "- tensorflow[and-cuda]"
    if pinned and int(pinned[1]) > 11:
        return error(line, "tensorflow-gpu ended with 2.11", instead)
    if re.search(r"==|~=|<", rest):
        return None
    return warning(line, "tensorflow-gpu ended with 2.11: what came after refuses to be installed", instead)


def _name(text: str) -> str:
    match = _REQUIREMENT.match(text.strip())
    return _plain(match["name"]) if match else ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
