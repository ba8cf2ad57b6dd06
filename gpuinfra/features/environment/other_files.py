"""A project without environment.yml: what its other files say, or the one command that makes it one.

Commands as documented by each tool, 2026-11-29.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.environment.schema import DEFAULT_NAME
from gpuinfra.ground.errors import ConfigError

PYPROJECT = "pyproject.toml"
PYTHON = "3.12"
# Tried in this order where the project says what it needs.
_PYTHONS = (PYTHON, "3.13", "3.11", "3.10", "3.14", "3.9", "3.8")
_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|~=|>|<)\s*(\d+)(?:\.(\d+))?(?:\.[\d*]+)*\s*\Z")
_MADE = "# gpuinfra made this: there is no environment.yml, so "
# Other names of the same file.
RENAMED = ("environment.yaml", "conda.yaml", "conda.yml", "env.yml", "env.yaml")
# Other tools' files -> what writes one that pip or conda reads.
EXPORTED = {
    "pixi.lock": "pixi workspace export conda-environment environment.yml",
    "pixi.toml": "pixi workspace export conda-environment environment.yml",
    "uv.lock": "uv export --no-hashes --no-emit-project --output-file requirements.txt",
    "poetry.lock": "poetry export --without-hashes --output requirements.txt   # of poetry-plugin-export",
    "pdm.lock": "pdm export --without-hashes --output requirements.txt",
    "Pipfile.lock": "pipenv requirements > requirements.txt",
    "Pipfile": "pipenv lock && pipenv requirements > requirements.txt",
}


@dataclass(frozen=True, kw_only=True)
class PyProject:
    """What pyproject.toml says by PEP 621: lines for pip, and the Python that they are installed with."""

    dependencies: tuple[str, ...]
    python: str


def renamed(root: Path) -> ConfigError | None:
    """Return the answer to an environment.yml of another name, if there is one."""
    for name in RENAMED:
        if (root / name).is_file():
            message = f"{root / 'environment.yml'} is missing; {name} is there, which is not read"
            return ConfigError(message, hint=f"mv {name} environment.yml")
    return None


def missing(root: Path) -> ConfigError:
    """Return the answer to a project that has nothing which we read."""
    path = root / "environment.yml"
    for name, command in EXPORTED.items():
        if (root / name).is_file():
            return ConfigError(f"{path} is missing, and {name} is not read by gpuinfra", hint=command)
    if (root / PYPROJECT).is_file():
        return ConfigError(
            f"{path} is missing, and {PYPROJECT} has no list 'dependencies' under [project]",
            hint=f"$EDITOR {path}",
        )
    return ConfigError(f"{path} is missing: it names what is installed on the host", hint=f"$EDITOR {path}")


def pyproject(root: Path) -> PyProject | None:
    """Return what pyproject.toml asks for; None where that is nothing, or another tool's lock knows better.

    Raises:
        ConfigError: it is no TOML.
    """
    path = root / PYPROJECT
    if not path.is_file() or any((root / name).is_file() for name in EXPORTED):
        return None
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except ValueError as error:
        raise ConfigError(f"{path} is no TOML: {error}", hint=f"$EDITOR {path}") from None
    given = project.get("dependencies") if isinstance(project, dict) else None
    if not isinstance(given, list) or not all(isinstance(line, str) for line in given):
        return None
    return PyProject(dependencies=tuple(given), python=_python(str(project.get("requires-python", ""))))


def environment(source: str, python: str = PYTHON) -> bytes:
    """Return an environment.yml for a project that has none: Python, and pip for the rest."""
    first = f"{_MADE}Python {python} is installed, then {source}"
    body = f"name: {DEFAULT_NAME}\nchannels: [conda-forge]\ndependencies:\n  - python={python}\n  - pip\n"
    return f"{first}\n{body}".encode()


def told(text: str) -> str:
    """Return what is to be said of an environment.yml that `environment` made, empty for the user's own."""
    first = text.partition("\n")[0]
    return f"there is no environment.yml: {first.removeprefix(_MADE)}" if first.startswith(_MADE) else ""


def _python(asked: str) -> str:
    clauses = [match for part in asked.split(",") if (match := _CLAUSE.match(part))]
    fitting = (python for python in _PYTHONS if all(_fits(python, clause) for clause in clauses))
    return next(fitting, PYTHON)


def _fits(python: str, clause: re.Match[str]) -> bool:
    have = tuple(map(int, python.split(".")))
    want = (int(clause[2]), int(clause[3])) if clause[3] else (int(clause[2]),)
    have = have[: len(want)]
    is_patch = re.search(r"\d\.\d+\.\d", clause[0]) is not None  # of one minor version: others of it fit
    rules = {
        ">=": have >= want,
        "<=": have <= want,
        ">": have > want or is_patch,
        "<": have < want,
        "==": have == want,
        "!=": have != want or is_patch,
        "~=": have[:1] == want[:1] and have >= want,
    }
    return rules[clause[1]]
