"""The project goes first in run's quick way as it does in the long one; the host is another home here."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.sync import first
from gpuinfra.features.sync.rsync import command
from gpuinfra.features.sync.send_first import request
from gpuinfra.host.sync.records import STATE
from gpuinfra.quick.sync import terms_first
from tests.features.sync.far_host import write, write_large
from tests.quick.test_sync import CODE, run
from tests.waiting import PATIENCE_S

LONG_WAY = 9
INTERRUPTED = "#!/bin/sh\nkill -INT $PPID\nexit 20\n"


@pytest.fixture
def far(tmp_path: Path, world: dict[str, str]) -> Iterator[dict[str, str]]:
    """The host has an environment, and the project a file."""
    write(tmp_path / "status.json", f'{{"prefix": "{sys.prefix}", "environment": "gpu"}}')
    write(tmp_path / "project/a.txt", "first")
    shutil.rmtree(tmp_path / "home")
    with tempfile.TemporaryDirectory(prefix="home-") as home:  # a short path, as a home's is
        (tmp_path / "home").symlink_to(home)
        yield {**world, "GPUINFRA_STATUS": str(tmp_path / "status.json")}


def test_both_ways_send_the_same(tmp_path: Path, far: dict[str, str]) -> None:
    """Word for word, on the same terms; the command finds it, and what was sent is told in one line."""
    write_large(tmp_path / "project/data")
    done = run(tmp_path, far, "run", "--", "cat a.txt")
    assert (done.returncode, done.stdout) == (0, "first"), done.stderr
    assert done.stderr == "sync up: transferred 3 files, 1.0 MiB\n"
    ssh = ["ssh", "-F", f"{tmp_path}/state/gpuinfra/hosts/i-0123456789abcdef0.conf", "gpuinfra-default"]
    wanted = request(tmp_path / "project")
    assert (tmp_path / "seen").read_text().splitlines() == command("rsync", ssh, wanted, up=True)[1:]
    assert vars(terms_first(shown=False)) == vars(wanted.terms)


def test_nothing_changed_is_silent(tmp_path: Path, far: dict[str, str]) -> None:
    """After an edit there is a word again; no rsync is started for so little."""
    run(tmp_path, far, "run", "true")
    done = run(tmp_path, far, "run", "cat", "a.txt")
    assert (done.stdout, done.stderr) == ("first", "")
    write(tmp_path / "project/a.txt", "edited")
    done = run(tmp_path, far, "run", "cat", "a.txt")
    assert (done.stdout, done.stderr) == ("edited", "sync up: transferred 1 file, 6 bytes\n")
    assert not (tmp_path / "seen").exists()


def test_no_sync_runs_what_is_there(tmp_path: Path, far: dict[str, str]) -> None:
    """Edits stay here, and so does what both changed."""
    run(tmp_path, far, "run", "true")
    write(tmp_path / "project/a.txt", "mine")
    write(tmp_path / "home/project/a.txt", "theirs")
    done = run(tmp_path, far, "run", "--no-sync", "--", "cat a.txt")
    assert (done.returncode, done.stdout, done.stderr) == (0, "theirs", "")


@pytest.mark.parametrize("trouble", ["conflict", "a failed rsync", "another's folder"])
def test_in_trouble_nothing_runs_and_the_long_way_has_the_words(
    trouble: str, tmp_path: Path, far: dict[str, str]
) -> None:
    """It looks again, and tells: the quick way has begun nothing."""
    run(tmp_path, far, "run", "true")
    write(tmp_path / "project/a.txt", "mine")
    if trouble == "conflict":
        write(tmp_path / "home/project/a.txt", "theirs")
    elif trouble == "another's folder":
        write(tmp_path / "home/project" / STATE / "owner", '["another", "laptop:/b"]')
    elif trouble == "a failed rsync":
        write_large(tmp_path / "project/data")
    env = {**far, "CODE": "12"} if "rsync" in trouble else far
    done = run(tmp_path, env, "run", "--", "touch began")
    assert (done.returncode, done.stderr) == (LONG_WAY, "")
    assert not (tmp_path / "home/project/began").exists()


def test_a_folder_without_a_mark_is_not_sent(tmp_path: Path, far: dict[str, str]) -> None:
    """The command runs, and the line says why it does not find what is here."""
    (tmp_path / "project/.gpuinfraignore").unlink()
    done = run(tmp_path, far, "run", "--", "ls")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "is no project yet" in done.stderr


def test_ctrl_c_during_the_sync_begins_nothing(tmp_path: Path, far: dict[str, str]) -> None:
    """Exit code 130, and what is where."""
    (tmp_path / "bin/rsync").write_text(INTERRUPTED)
    write_large(tmp_path / "project/data")
    done = run(tmp_path, far, "run", "--", "touch began")
    assert (done.returncode, done.stderr) == (130, f"{first.STOPPED}\n")
    assert not (tmp_path / "home/project/began").exists()


@pytest.mark.parametrize("size", [1, first.UNSEEN[1] + 1])
def test_at_a_terminal_only_what_is_short_goes_unseen(size: int, tmp_path: Path, far: dict[str, str]) -> None:
    """What takes longer is shown as it goes, by the long way."""
    with (tmp_path / "project/data").open("wb") as file:
        os.truncate(file.fileno(), size)
    ours, screen = pty.openpty()
    argv = [sys.executable, "-c", CODE, "run", "--", "true"]
    done = subprocess.run(argv, cwd=tmp_path / "project", env=far, stderr=screen, timeout=PATIENCE_S)
    for end in (ours, screen):
        os.close(end)
    assert done.returncode == (0 if size == 1 else LONG_WAY)
    assert (tmp_path / "home/project/data").exists() == (size == 1)
