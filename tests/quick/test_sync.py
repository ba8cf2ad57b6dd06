"""sync's quick way: the same rsync as the long way's, or none."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.sync import gitignore
from gpuinfra.features.sync.rsync import command
from gpuinfra.features.sync.sync import SyncRequest
from tests.samples import STATE

FAKE = """\
#!/bin/sh
printf '%s\\n' "$@" > "$SEEN"
cat > "$SEEN.rules"
echo 'Number of regular files transferred: 2'
echo 'Total transferred file size: 2,048 bytes'
exit ${CODE:-0}
"""
CODE = """import os, sys
from gpuinfra.quick import dispatch
sys.exit(0 if dispatch.try_quick(sys.argv[1:], os.environ) else 9)"""


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
    conf = f'  HostKeyAlias i-0123456789abcdef0\n  ControlPath "{listening}"\n'
    files |= {"state/gpuinfra/ssh/default.conf": conf, "project/.gpuinfraignore": "", "bin/rsync": FAKE}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "clone/cloud-init").mkdir()
    (tmp_path / "project/src").mkdir()
    (tmp_path / "bin/rsync").chmod(stat.S_IRWXU)
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("GPUINFRA_")},
        "GPUINFRA_PROJECT": str(tmp_path / "clone"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "SEEN": str(tmp_path / "seen"),
    }


def run(tmp_path: Path, env: dict[str, str], *argv: str) -> "subprocess.CompletedProcess[str]":
    """Run the quick way from a folder of the project; exit code 9 means that it was left to the long one."""
    return subprocess.run(
        [sys.executable, "-c", CODE, *argv],
        cwd=tmp_path / "project/src",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("direction", ["up", "down"])
def test_both_ways_ask_rsync_for_the_same(direction: str, tmp_path: Path, world: dict[str, str]) -> None:
    """Word for word; and they say the same."""
    (tmp_path / "project/.gitignore").write_text("data/*\n!data/keep\n")
    done = run(tmp_path, world, "sync", direction)
    assert (done.returncode, done.stdout) == (0, "transferred 2 files, 2.0 KiB\n"), done.stderr
    ssh = ["ssh", "-F", f"{tmp_path}/state/gpuinfra/hosts/i-0123456789abcdef0.conf", "gpuinfra-default"]
    order = SyncRequest(up=direction == "up", root=tmp_path / "project")
    assert (tmp_path / "seen").read_text().splitlines() == command("rsync", ssh, order, live=False)[1:]
    assert (tmp_path / "seen.rules").read_bytes() == gitignore.text(str(tmp_path / "project"))


def test_what_needs_words_goes_the_long_way(tmp_path: Path, world: dict[str, str], listening: Path) -> None:
    """A failed rsync, any option, a connection that is down."""
    assert run(tmp_path, {**world, "CODE": "23"}, "sync", "up").returncode == 9
    assert run(tmp_path, world, "sync", "up", "--delete").returncode == 9
    listening.unlink()
    assert run(tmp_path, world, "sync", "up").returncode == 9


def test_a_home_folder_goes_the_long_way(tmp_path: Path, world: dict[str, str]) -> None:
    """Which refuses it."""
    assert run(tmp_path, {**world, "HOME": str(tmp_path / "project")}, "sync", "up").returncode == 9


def fake_ssh(tmp_path: Path, code: int) -> Path:
    """Put an ssh on the PATH that writes its words into the file that is returned."""
    program, seen = tmp_path / "bin/ssh", tmp_path / "ssh-seen"
    program.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexit {code}\n')
    program.chmod(stat.S_IRWXU)
    return seen


@pytest.mark.parametrize(("code", "exit_code"), [(0, 0), (255, 9)])
def test_a_known_host_is_connected_to(
    code: int, exit_code: int, tmp_path: Path, world: dict[str, str], listening: Path
) -> None:
    """Once, by its own configuration; a host that does not let us in is left to the long way."""
    listening.unlink()
    seen = fake_ssh(tmp_path, code)
    assert run(tmp_path, world, "sync", "up").returncode == exit_code
    conf = f"{tmp_path}/state/gpuinfra/hosts/i-0123456789abcdef0.conf"
    assert seen.read_text() == f"-F {conf} -o ConnectTimeout=5 gpuinfra-default -- true\n"


def test_a_private_host_is_left_to_the_long_way(
    tmp_path: Path, world: dict[str, str], listening: Path
) -> None:
    """Session Manager takes its time, and its refusals need words."""
    listening.unlink()
    seen = fake_ssh(tmp_path, 0)
    with (tmp_path / "state/gpuinfra/ssh/default.conf").open("a") as conf:
        conf.write("  ProxyCommand gpuinfra ssm-proxy %h %p\n")
    assert run(tmp_path, world, "sync", "up").returncode == 9
    assert not seen.exists()
