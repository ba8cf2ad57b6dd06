"""Where a lab keeps its hosts, and their disks: what each has written, over the image that all share."""

import logging
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.machine import Machine

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LabPaths:
    """Where a lab keeps its hosts: the unpacked image, a folder for each host, a cgroup for each host."""

    base: Path
    hosts: Path
    cgroup: Path
    rootless: bool

    @property
    def images(self) -> Path:
        """Return where the disks of images that were made of hosts are."""
        return self.hosts.with_name("images")

    def folder(self, instance_id: str) -> Path:
        """Return the folder of one host."""
        return self.hosts / instance_id


def restore(paths: LabPaths, machine: Machine) -> None:
    """Give a new host the disk of its image, if that was made of another host."""
    disk, image = paths.folder(machine.id) / "upper", paths.images / machine.image_id
    if image.exists() and not disk.exists():
        _copied(image, disk)


def copy_disk(paths: LabPaths, instance_id: str, image: str) -> None:
    """Keep what a host that is off has written to its disk, for those that are made from an image of it."""
    _copied(paths.folder(instance_id) / "upper", paths.images / image)


def _copied(disk: Path, copy: Path) -> None:
    """Copy a disk with owners, times and the marks of deleted files; the copy appears whole or not at all."""
    draft = copy.with_name(f".{copy.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--archive", "--reflink=auto", disk, draft], check=True)
    draft.replace(copy)


def remove_disk(paths: LabPaths, instance_id: str) -> None:
    """Delete the disk of a terminated host; its console is kept, as on EC2."""
    for name in ("upper", "work", "root"):
        shutil.rmtree(paths.folder(instance_id) / name, ignore_errors=True)


class DiskCopies:
    """The copies of disks for the images that are made of hosts; take() is called again and again."""

    def __init__(self, images: Callable[[], Mapping[str, str]], copy: Callable[[str, str], None]) -> None:
        """Know what tells the images (image -> instance), and what copies the disk of an instance for one."""
        self._images, self._copy = images, copy
        self._is_copied: dict[str, bool] = {}

    def take(self, is_off: Callable[[str], bool]) -> None:
        """Copy the disk of each instance of which an image was made, once its host is off.

        To be called when the machines have been asked for: the image of one that they show as gone is known
        by then, so its disk is copied before it is deleted.
        """
        for image, instance_id in self._images().items():
            if not self._is_copied.setdefault(image, False) and is_off(instance_id):
                _log.info("%s is copied for %s", instance_id, image)
                self._copy(instance_id, image)
                self._is_copied[image] = True

    def is_ready(self, machine: Machine) -> bool:
        """Tell whether the disk of a new host is there."""
        return self._is_copied.get(machine.image_id, True)
