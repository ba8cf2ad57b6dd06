"""Sets a lab and a copied project up so that unchanged bootstrap scripts find a stand-in for the internet.

The installer and the packages are STAND-INS: real `.conda` packages and a real solve, but tiny, and not
Anaconda's. The project's copy gets the stand-in's hash in place of the real one: nothing runs unchecked.
"""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.conda.installer import build, host_base
from gpuinfra.simulator.conda.packages import Interpreter

CHANNEL = "conda.anaconda.org/conda-forge"
PYTHON = "/usr/bin/python3"
ENVIRONMENT = """\
# The environment of the demo: small stand-in packages, solved and installed as real ones are.
name: gpu
channels:
  - conda-forge
dependencies:
  - python={minor}
  - pytorch
  - tinyapp
"""


def set_up_offline(mirror: Path, image: Path, project: Path) -> None:
    """Fill `mirror` with a channel and an installer for hosts of this image; fit the copied project.

    Raises:
        GpuInfraError: the channel could not be built.
    """
    python = interpreter(image)
    _build_channel(mirror / CHANNEL, mirror.parent / "wheels", python)
    pins = project / "cloud-init" / "installers.toml"
    url = urlsplit(str(tomllib.loads(pins.read_text())["miniconda"]["url"]))
    installer = build(mirror / url.netloc / url.path.lstrip("/"), host_base(python))
    _pin(pins, hashlib.sha256(installer.read_bytes()).hexdigest())
    (project / "environment.yml").write_text(ENVIRONMENT.format(minor=python.minor))


def interpreter(image: Path) -> Interpreter:
    """Return the Python of an image, its version read from the image's package list."""
    status = (image / "var/lib/dpkg/status").read_text(encoding="utf-8")
    match = re.search(r"^Package: python3-minimal\n(?:.+\n)*?Version: (\d+\.\d+\.\d+)", status, re.M)
    if not match:
        raise GpuInfraError(f"no Python in the hosts' image ({image})")
    return Interpreter(exe=PYTHON, version=match.group(1))


def _build_channel(channel: Path, wheels: Path, python: Interpreter) -> None:
    """Build in a process of its own: py-rattler may abort its interpreter when it ends."""
    module = "gpuinfra.simulator.conda.channel"
    argv = [sys.executable, "-m", module, str(channel), str(wheels), python.exe, python.version]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GpuInfraError(f"the stand-in channel could not be built: {done.stderr.strip()[-300:]}")


def _pin(pins: Path, sha256: str) -> None:
    """Put the stand-in's hash where the real installer's stands."""
    real = tomllib.loads(pins.read_text())["miniconda"]["sha256"]
    pins.write_text(pins.read_text().replace(str(real), sha256))
