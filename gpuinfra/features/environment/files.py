"""What a project gives to the host: environment.yml, requirements.txt, startup.sh, environment.lock."""

import os
from pathlib import Path

from gpuinfra.features.environment import lock_file as locks
from gpuinfra.features.environment import other_files
from gpuinfra.features.environment import requirements as pip_files
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.adapter import adapter

ENVIRONMENT, REQUIREMENTS, STARTUP = "environment.yml", "requirements.txt", "startup.sh"
ON_STOP = ("on_stop", "on_stop.sh")


@adapter("the project's files cannot be read")
class ProjectFiles:
    """The files at the top of a clone; `alias` is where channels without an address are, "" for its own."""

    def __init__(self, root: Path, *, alias: str = "") -> None:
        self._root, self.alias = root, alias or locks.DEFAULT_ALIAS

    def environment(self) -> bytes:
        """Return environment.yml; without one, what requirements.txt or pyproject.toml stand for.

        Raises:
            ConfigError: there is none of them.
        """
        own = self._optional(ENVIRONMENT)
        if own is not None:
            return own
        if renamed := other_files.renamed(self._root):
            raise renamed
        if (self._root / REQUIREMENTS).is_file():
            return other_files.environment(REQUIREMENTS)
        if project := other_files.pyproject(self._root):
            return other_files.environment(f"the dependencies of {other_files.PYPROJECT}", project.python)
        raise other_files.missing(self._root)

    def travels(self) -> frozenset[str]:
        """Return the names of the other files that are sent."""
        return frozenset(name for name in (REQUIREMENTS,) if self.requirement_lines())

    def requirement_lines(self) -> tuple[pip_files.Line, ...]:
        """Return what pip installs after the environment, each line with its place."""
        if (self._root / REQUIREMENTS).is_file():
            return tuple(pip_files.read(self._root))
        project = None if (self._root / ENVIRONMENT).is_file() else other_files.pyproject(self._root)
        lines = project.dependencies if project else ()
        return tuple(pip_files.Line(file=other_files.PYPROJECT, number=1, text=line) for line in lines)

    def lock(self) -> bytes | None:
        """Return environment.lock, None when there is none."""
        return self._optional(locks.FILE)

    def write_lock(self, text: str) -> Path:
        """Write environment.lock in one step."""
        path = self._root / locks.FILE
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
        return path

    def requirements(self) -> bytes | None:
        """Return requirements.txt as one file with those that it names, None when there is none."""
        lines = self.requirement_lines()
        own = self._optional(REQUIREMENTS)
        if own is not None and pip_files.is_plain(own, lines):
            return own
        return pip_files.flat(lines) if lines else None

    def startup(self) -> bytes | None:
        """Return the script that runs once on the host, None when there is none."""
        return self._optional(STARTUP)

    def on_stop(self) -> bytes | None:
        """Return the script that runs before the host ends, None when there is none.

        Raises:
            ConfigError: there are two, or it is no text for a Linux shell.
        """
        found = [name for name in ON_STOP if (self._root / name).is_file()]
        if found[1:]:
            raise ConfigError(f"there are {' and '.join(found)}; one of them is run", hint=f"rm {found[0]}")
        data = self._optional(found[0]) if found else None
        if data is not None and (b"\r" in data or b"\0" in data or not _is_utf8(data)):
            message = f"{found[0]} has Windows line endings, or is no UTF-8 text: no Linux shell runs it"
            raise ConfigError(message, hint=f"sed -i 's/\\r$//' {found[0]}   # if it is the line endings")
        return data

    def _optional(self, name: str) -> bytes | None:
        path = self._root / name
        return path.read_bytes() if path.is_file() else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
