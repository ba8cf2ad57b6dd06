"""A project beside a clone whose host is connected; the host is another home on this machine."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.features.sync.far_host import SSH
from tests.samples import STATE

# the host has the rsync of the system
FAR_SSH = SSH.replace("HOME=$PWD", 'HOME=$(pwd -P) PATH="${PATH#*:}"')
RSYNC = """\
#!/bin/sh
printf '%s\\n' "$@" > "$SEEN"
[ -z "$CODE" ] || exit "$CODE"
exec "$(PATH=${PATH#*:} command -v rsync)" "$@"
"""


@pytest.fixture
def listening() -> Iterator[Path]:
    """The socket of a shared connection, at a short path: it may have 108 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="ssh-") as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/socket")
        server.listen()
        yield Path(folder) / "socket"


@pytest.fixture
def world(tmp_path: Path, listening: Path) -> dict[str, str]:
    """A host whose shared connection is up, a project beside the clone, and an rsync that tells its words."""
    files = {"clone/terraform/main.tf": "", "clone/terraform/terraform.tfstate": STATE}
    conf = f'  HostKeyAlias i-0123456789abcdef0\n  ControlPath "{listening}"\n  ProxyCommand none\n'
    files |= {"state/gpuinfra/ssh/default.conf": conf, "project/.gpuinfraignore": "", "bin/rsync": RSYNC}
    files |= {"bin/ssh": FAR_SSH, "home/.profile": ""}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "clone/terraform/modules/host").mkdir(parents=True)
    (tmp_path / "project/src").mkdir()
    for name in ("ssh", "rsync"):
        (tmp_path / "bin" / name).chmod(stat.S_IRWXU)
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("GPUINFRA_")},
        "GPUINFRA_PROJECT": str(tmp_path / "clone"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "SEEN": str(tmp_path / "seen"),
    }
