"""What the host is told of environment.yml: its parts, split here once, so that no host parses it."""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.environment import channels
from gpuinfra.features.environment.schema import DEFAULT_NAME
from gpuinfra.features.environment.yaml_document import Document, NotYaml, parse, plain_value

_CUDA = re.compile(
    r"(?:\S+::)?(?:cuda-version|pytorch-cuda|cuda-toolkit|cudatoolkit)\s*(?:[=~>]=|=)?\s*([0-9]{1,3})"
)
_LOCK_CUDA = re.compile(r"^#.*\bcuda=([0-9]{1,3})", re.M)
_PIP_NAME = re.compile(r"([A-Za-z0-9._-]+)(?!\S*://)")
_CONDA_NAME = re.compile(r"(?:[^\s:]+::)?([A-Za-z0-9._-]+)")


@dataclass(frozen=True, kw_only=True)
class HostEnvironment:
    """The parts of one environment.yml; `cuda_major` is what it asks of the driver, empty for nothing.

    `conda_yml` has no pip section: pip runs by itself, so that a failure of pip leaves conda's part alone.
    `requested` has the bare names of what was asked for; the host imports these to prove the environment.
    """

    name: str
    cuda_major: str
    conda_yml: str
    pip: tuple[str, ...]
    requested: tuple[str, ...]


def split(document: Document, *, has_requirements: bool, lock: str) -> HostEnvironment:
    """Return the parts of a document that has passed the checks; `lock` is environment.lock, or empty."""
    conda = [entry.text for entry in document.conda]
    pip = [entry.text for entry in document.pip]
    named = _names(_CONDA_NAME, conda)
    if "python" not in named:  # R's files, and tools' alone: the host proves the environment by its Python
        conda.append("python")
    if (pip or has_requirements) and "pip" not in named:
        conda.append("pip")
    cuda = [match[1] for match in map(_CUDA.match, conda) if match] + _LOCK_CUDA.findall(lock)
    wanted = [line for line in pip if not line.startswith("-")]
    name = document.root.get("name")
    return HostEnvironment(
        name=name.text if name and name.text else DEFAULT_NAME,
        cuda_major=cuda[0] if cuda else "",
        conda_yml=_conda_yml(document, conda),
        pip=tuple(pip),
        requested=(*_names(_CONDA_NAME, conda), *_names(_PIP_NAME, wanted)),
    )


def pip_parts(files: Iterable[Path]) -> dict[str, list[str]]:
    """Return sha256 of an environment.yml -> the lines of its pip section, for those that can be read."""
    found = {}
    for path in files:
        with contextlib.suppress(OSError, UnicodeDecodeError, NotYaml):
            data = path.read_bytes()
            lines = [entry.text for entry in parse(data.decode("utf-8")).pip]
            found[hashlib.sha256(data).hexdigest()] = lines
    return found


def _conda_yml(document: Document, conda: list[str]) -> str:
    """Return what conda reads, as JSON, which is YAML too; name and prefix are the host's own."""
    kept: dict[str, object] = {"channels": channels.names(document), "dependencies": conda}
    variables = document.root.get("variables")
    if variables and variables.pairs:
        kept["variables"] = plain_value(variables)
    return json.dumps(kept, indent=1) + "\n"


def _names(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [match[1] for match in map(pattern.match, lines) if match]
