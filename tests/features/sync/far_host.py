"""A host without a network: a program that stands for ssh runs each command in another home."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.features.sync.mover import FEW_BYTES
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.sync.rsync import Rsync
from gpuinfra.features.sync.sync import SyncRequest
from tests.fakes.host import LocalSsh
from tests.samples import host

SSH = """\
#!/bin/sh
while [ "$1" != gpuinfra-default ]; do shift; done
shift
[ "$1" != -- ] || shift
cd "$(dirname "$0")/../home" && HOME=$PWD exec sh -c "$*"
"""


class FarHost:
    """A project here, its folder there, and both sides' files by name."""

    def __init__(self, scratch: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.home, self.here = scratch / "home", scratch / "project"
        self.there = self.home / "project"
        self.environ = environ
        for folder in (self.home, self.here, scratch / "bin"):
            folder.mkdir()
        self.ssh = scratch / "bin/ssh"
        self.ssh.write_text(SSH)
        self.ssh.chmod(stat.S_IRWXU)

    def rsync(self) -> Rsync:
        """Return the real rsync, over the program that stands for ssh."""
        return Rsync(LocalSsh(str(self.ssh), "gpuinfra-default"), self.environ)

    def sync(self, mode: str = "both", part: str = "", **options: object) -> SyncResult:
        """Sync by the real rsync and the real program of the host."""
        return self.rsync().run(host(), SyncRequest(mode=mode, root=self.here, part=part, **options))  # type: ignore[arg-type]


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_large(path: Path) -> None:
    """Write a file that is left to rsync."""
    write(path, "x" * (FEW_BYTES + 1))


def names(root: Path) -> list[str]:
    """Return the files and links below a folder, but for what sync keeps there."""
    found = [p for p in root.rglob("*") if p.is_symlink() or p.is_file()]
    return sorted(p.relative_to(root).as_posix() for p in found if ".gpuinfra-sync" not in p.parts)
