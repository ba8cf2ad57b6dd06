"""What a project gives to the host: environment.yml, requirements.txt, startup.sh, environment.lock."""

import os
from pathlib import Path

from gpuinfra.features.environment import lock_file as locks
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.adapter import adapter

ENVIRONMENT, REQUIREMENTS, STARTUP = "environment.yml", "requirements.txt", "startup.sh"


@adapter("the project's files cannot be read")
class ProjectFiles:
    """The files at the top of a clone; `alias` is where channels without an address are."""

    def __init__(self, root: Path, *, alias: str = locks.DEFAULT_ALIAS) -> None:
        self._root, self.alias = root, alias

    def environment(self) -> bytes:
        """Return environment.yml.

        Raises:
            ConfigError: it is missing.
        """
        path = self._root / ENVIRONMENT
        if not path.is_file():
            raise ConfigError(
                f"{path} is missing: it names what is installed on the host", hint=f"$EDITOR {path}"
            )
        return path.read_bytes()

    def travels(self) -> frozenset[str]:
        """Return the names of the other files that are sent."""
        return frozenset(name for name in (REQUIREMENTS,) if (self._root / name).is_file())

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
        """Return requirements.txt, None when there is none."""
        return self._optional(REQUIREMENTS)

    def startup(self) -> bytes | None:
        """Return the script that runs once on the host, None when there is none."""
        return self._optional(STARTUP)

    def _optional(self, name: str) -> bytes | None:
        path = self._root / name
        return path.read_bytes() if path.is_file() else None
