"""What the outside and the inside of a lab agree on: configuration, file names, environment variables."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gpuinfra.simulator.lab.machines.disks import LabPaths

CONFIG_FILE, SOCKET_FILE, READY_FILE, LOG_FILE = "config.json", "sim.sock", "ready.json", "lab.log"
# what a program finds in its environment
LAB_VARIABLE, DIRECTORY_VARIABLE, MIRROR_VARIABLE = (
    "GPUINFRA_SIM_LAB",
    "GPUINFRA_LAB_DIR",
    "GPUINFRA_LAB_MIRROR",
)


@dataclass(frozen=True, kw_only=True)
class LabConfig:
    """What the outside tells the inside; `command` is empty for a lab that waits to be entered."""

    directory: str
    mirror: str
    archive: str
    cgroup: str
    rootless: bool
    umask: int
    command: list[str]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what write() wrote."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def write(self) -> Path:
        """Write it into the lab's directory; returns the file."""
        file = Path(self.directory, CONFIG_FILE)
        file.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")
        return file

    @property
    def paths(self) -> LabPaths:
        """Return where the hosts go."""
        directory = Path(self.directory)
        return LabPaths(
            base=directory / "base",
            hosts=directory / "hosts",
            cgroup=Path(self.cgroup),
            rootless=self.rootless,
        )
