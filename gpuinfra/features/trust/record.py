"""The record of trusted projects: a file of ours, 0600, a real path a line; ground/locations.py reads it."""

from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import make_private, write_private


@adapter("the record of trusted projects cannot be written")
class TrustedProjects:
    """The record in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, project: Path) -> None:
        """Record a project by its real path.

        Raises:
            ConfigError: its path has a line break, which would be two lines of the record.
        """
        line = f"{project.resolve()}\n"
        if line.count("\n") > 1:
            raise ConfigError(
                f"the directory {str(project)!r} has a line break in its name", hint="rename it"
            )
        before = self.path.read_bytes() if self.path.exists() else b""
        if line.encode(errors="surrogateescape") not in before.splitlines(keepends=True):
            make_private(self.path.parent)
            write_private(self.path, before + line.encode(errors="surrogateescape"))
