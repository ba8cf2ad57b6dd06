"""One channel, one installer and one server for all tests; a fresh host for each."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.installer import build, local_base
from tests.bootstrap.applying import SYSTEMCTL
from tests.bootstrap.host import Host
from tests.bootstrap.server import Server, serving
from tests.cloud_init.userdata import ROOT


@pytest.fixture(scope="session")
def www(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the channel `conda-forge`, the package index `simple` and the stand-in installer, once."""
    for name in ("rattler", "conda_package_streaming"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install -e '.[dev]'")
    www = tmp_path_factory.mktemp("www")
    argv = [
        sys.executable,
        "-m",
        "gpuinfra.simulator.conda.channel",
        str(www / "conda-forge"),
        str(www / "simple"),
    ]
    subprocess.run(argv, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    build(www / "Miniconda3-standin-Linux-x86_64.sh", local_base())
    return www


@pytest.fixture(scope="session")
def running_server(www: Path) -> Iterator[Server]:
    """Serve it on loopback."""
    with serving(www) as server:
        yield server


@pytest.fixture
def server(running_server: Server) -> Server:
    """Return the server without faults and with its counts at zero."""
    running_server.reset()
    return running_server


@pytest.fixture
def host(tmp_path: Path, server: Server, www: Path) -> Host:
    """Return a host that was given the usual environment and has not booted yet."""
    host = Host(root=tmp_path, server=server, installer=next(www.glob("Miniconda3-*.sh")))
    host.give()
    return host


@pytest.fixture
def managed(host: Host) -> Host:
    """A host with a systemd that starts nothing by itself."""
    host.command("systemctl", SYSTEMCTL)
    host.command("systemd-run", 'echo "$*" >>"$0.ran"')
    return host


@pytest.fixture
def ready(managed: Host) -> Host:
    """Such a host that has booted."""
    assert managed.boot() == 0, managed.log
    return managed
