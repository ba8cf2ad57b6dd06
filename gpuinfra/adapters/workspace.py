"""The files of one stack that are neither its values nor its state."""

import os
import shutil
from pathlib import Path

from gpuinfra.config import Project, Stack
from gpuinfra.errors import ConfigError
from gpuinfra.model import Settings


class StackFiles:
    """The Workspace port."""

    def __init__(self, project: Project, stack: Stack) -> None:
        self.name = stack.name
        self.plan_file = stack.plan_file
        self._project = project
        self._stack = stack

    def free_mb(self) -> int:
        """Return the free space on the file system of the state, in MB (10^6 bytes)."""
        directory = self._stack.directory
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free // 1_000_000

    def render(self, settings: Settings) -> None:
        """Render cloud-init/ and environment.yml into the file that Terraform sends (0600)."""
        from gpuinfra.cloudinit import BootContext, render  # jinja2: only where it is needed

        root = self._project.root
        context = BootContext(
            stack=settings.stack,
            installer=settings.installer,
            environment_yml=_required(root / "environment.yml"),
            requirements_txt=_optional(root / "requirements.txt"),
            startup_script=_optional(root / "startup.sh"),
            lock=_optional(root / "environment.lock"),
        )
        write_private(self._stack.user_data, render(context, templates=root / "cloud-init"))

    def clean(self) -> None:
        """Delete the rendered user-data and the plan; the values and the empty state stay."""
        self._stack.user_data.unlink(missing_ok=True)
        self.plan_file.unlink(missing_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only, in one step, never through a planted symlink."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    part.replace(path)


def _required(path: Path) -> bytes:
    if not path.is_file():
        raise ConfigError(
            f"{path} is missing: it names what is installed on the host", hint=f"$EDITOR {path}"
        )
    return path.read_bytes()


def _optional(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
