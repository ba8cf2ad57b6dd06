"""The HostFiles port: environment.yml, requirements.txt, startup.sh and environment.lock of a project."""

import os
from pathlib import Path

from gpuinfra.features.environment import lock_file as locks
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.tools.adapter import adapter

ENVIRONMENT, REQUIREMENTS, STARTUP = "environment.yml", "requirements.txt", "startup.sh"
NO_NONCE = "0" * 32  # of the length of a real one, to measure with


@adapter("the project's files cannot be read")
class ProjectFiles:
    """The files at the top of a clone."""

    def __init__(self, root: Path) -> None:
        self._root = root

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

    def room_for(self, lock: str) -> str:
        """Return why the host could not be sent this lock, empty when it can."""
        try:
            self.user_data(stack=DEFAULT_STACK, nonce=NO_NONCE, installer="miniconda", lock=lock.encode())
        except ConfigError as error:
            return error.message
        return ""

    def user_data(self, *, stack: str, nonce: str, installer: str, lock: bytes | None) -> bytes:
        """Return the first-boot instructions with all of these files.

        Raises:
            ConfigError: they cannot be sent.
        """
        from gpuinfra.features.boot.cloud_init import BootContext, render  # jinja2: only where it is needed

        context = BootContext(
            stack=stack,
            nonce=nonce,
            installer=installer,
            environment_yml=self.environment(),
            requirements_txt=self._optional(REQUIREMENTS),
            startup_script=self._optional(STARTUP),
            lock=lock,
        )
        return render(context, templates=self._root / "cloud-init")

    def _optional(self, name: str) -> bytes | None:
        path = self._root / name
        return path.read_bytes() if path.is_file() else None
