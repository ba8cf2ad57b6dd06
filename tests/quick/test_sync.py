"""sync's quick way: the same rsync as the long way's, or none."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.features.sync.rsync import command
from gpuinfra.features.sync.sync import SyncRequest
from tests.features.sync.far_host import write, write_large
from tests.quick.conftest import FAR_SSH

CODE = """import os, sys
from gpuinfra.quick import dispatch
sys.exit(0 if dispatch.try_quick(sys.argv[1:], os.environ) else 9)"""


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
    """Word for word; what is ignored stays, and what was done is said."""
    (tmp_path / "project/.gitignore").write_text("data/*\n!data/keep\n")
    assert run(tmp_path, world, "sync", "up").returncode == 0
    source = tmp_path / ("project" if direction == "up" else "home/project")
    write(source / "data/big", "four")
    write(source / "a.py", "four")
    write_large(source / "data/keep")
    done = run(tmp_path, world, "sync", direction)
    assert (done.returncode, done.stdout) == (0, "transferred 2 files, 1.0 MiB\n"), done.stderr
    ssh = ["ssh", "-F", f"{tmp_path}/state/gpuinfra/hosts/i-0123456789abcdef0.conf", "gpuinfra-default"]
    request = SyncRequest(mode=direction, root=tmp_path / "project")
    wanted = command("rsync", ssh, request, up=direction == "up")[1:]
    assert (tmp_path / "seen").read_text().splitlines() == wanted


def test_what_was_not_done_is_told(tmp_path: Path, world: dict[str, str]) -> None:
    """What changed on both sides is kept on both, told in a line, and the exit code is not 0."""
    write(tmp_path / "project/a.py", "one")
    assert run(tmp_path, world, "sync").returncode == 0
    write(tmp_path / "project/a.py", "newer here")
    write(tmp_path / "home/project/a.py", "newer there")
    done = run(tmp_path, world, "sync")
    assert done.returncode == 5
    assert "a.py: changed on both sides" in done.stderr
    assert (tmp_path / "home/project/a.py").read_text() == "newer there"
    assert (tmp_path / "project/a.py").read_text() == "newer here"


def test_what_needs_words_goes_the_long_way(tmp_path: Path, world: dict[str, str], listening: Path) -> None:
    """A failed rsync, any option, a connection that is down."""
    write_large(tmp_path / "project/data")
    assert run(tmp_path, {**world, "CODE": "12"}, "sync", "up").returncode == 9
    assert run(tmp_path, world, "sync", "up", "--delete").returncode == 9
    listening.unlink()
    fake_ssh(tmp_path, 255)
    assert run(tmp_path, world, "sync", "up").returncode == 9


def test_a_home_folder_goes_the_long_way(tmp_path: Path, world: dict[str, str]) -> None:
    """Which refuses it."""
    assert run(tmp_path, {**world, "HOME": str(tmp_path / "project")}, "sync", "up").returncode == 9


def fake_ssh(tmp_path: Path, code: int) -> Path:
    """Put an ssh on the PATH that writes how it is to connect into the file that is returned."""
    program, seen = tmp_path / "bin/ssh", tmp_path / "ssh-seen"
    connect = f'#!/bin/sh\ncase $* in *"-- true") echo "$@" >> {seen}; exit {code} ;; esac\n'
    program.write_text(FAR_SSH.replace("#!/bin/sh\n", connect))
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
