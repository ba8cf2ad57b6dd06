"""On the host: put this bundle's guard in the place of the one that runs; as root.

unpack.sh starts it when a connection has brought a new bundle. A host that was made before there was a guard
gets one that only watches, until an apply sets its tag: nobody asked for its end.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNIT = "gpuinfra-guard.service"
OUR_HOST = "etc/gpuinfra/bootstrap.env"  # what cloud-init wrote: no other machine is touched
LIBRARY, RENEWED = "usr/local/lib/gpuinfra", "renewed"
MAIN = "gpuinfra/host/guard/__main__.py"
STATE = "var/lib/gpuinfra/guard/state.json"
WATCH_ONLY = '{"limits": "off", "older": true}\n'


def install(bundle: Path, *, root: Path = Path("/"), run: Callable[[Sequence[str]], object]) -> str:
    """Install the bundle and restart the guard; return what was done.

    Raises:
        OSError: no right, or no room.
    """
    if not (root / OUR_HOST).exists():
        return "this is no host of gpuinfra"
    library, units = root / LIBRARY, root / "etc/systemd/system"
    library.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    with (library / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = library / RENEWED / "NAME"
        if mark.exists() and mark.read_text() == bundle.name and (units / UNIT).exists():
            return "it is there already"
        _replace(bundle, library)
        if not (units / UNIT).exists() and not (root / STATE).exists():
            (root / STATE).parent.mkdir(parents=True, exist_ok=True)
            (root / STATE).write_text(WATCH_ONLY)
        for unit in (bundle / "gpuinfra/host").glob("*.service"):
            shutil.copyfile(unit, units / unit.name)
            names.append(unit.name)
    for argv in (["daemon-reload"], ["enable", "--now", *names], ["restart", UNIT]):
        run(["systemctl", *argv])
    return "installed"


def _replace(bundle: Path, library: Path) -> None:
    """Exchange the directory; at no moment is half of a bundle in use."""
    new, renewed = library / f"{RENEWED}.new", library / RENEWED
    shutil.rmtree(new, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(bundle, new, copy_function=shutil.copyfile, ignore=ignored)
    for path in [new, *new.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    (new / "NAME").write_text(bundle.name)
    (library / MAIN).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundle / MAIN, library / MAIN)
    shutil.rmtree(renewed, ignore_errors=True)
    new.rename(renewed)


def main() -> str:
    """Install the bundle that this file is part of."""
    os.umask(0o022)
    bundle = Path(__file__).resolve().parents[3]
    return install(bundle, run=lambda argv: subprocess.run(argv, check=False, capture_output=True))
