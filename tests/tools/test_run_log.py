"""The log of the last long command: begun when something takes long, and named if it was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.tools.run_log import RunLog, command_words

KILLED = """
import os, signal, sys
from pathlib import Path
from gpuinfra.tools.run_log import RunLog
log = RunLog(Path(sys.argv[1]), "up")
log.line("told before")
log.begin()
log.line("the host: creating")
if sys.argv[2]:
    os.kill(os.getpid(), int(sys.argv[2]))
"""


def run(path: Path, kill_by: int = 0) -> None:
    """Run a command that logs, and ends or is killed."""
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(kill_by or "")], check=False)


@pytest.mark.parametrize("kill_by", [signal.SIGKILL, signal.SIGHUP])
def test_a_command_that_was_killed_is_named(kill_by: int, tmp_path: Path) -> None:
    """With its log, which has all that it told, also before it was clear that it would take long."""
    path = tmp_path / "last-run.log"
    run(path, kill_by)
    assert RunLog(path, "status").cut_off() == f"gpuinfra up did not come to its end; what it did: {path}"
    said = [line.split("  ", 1)[-1] for line in path.read_text().splitlines()]
    assert said[1:] == ["told before", "the host: creating"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_that_ended_is_not(tmp_path: Path) -> None:
    """Nor one that still runs, in another terminal; nor a file that is no log."""
    path = tmp_path / "last-run.log"
    assert RunLog(path, "status").cut_off() == ""
    run(path)
    assert RunLog(path, "status").cut_off() == ""
    path.write_text(f"{os.getpid()} up\n2026-01-01T00:00:00Z  creating\n")
    assert RunLog(path, "status").cut_off() == ""
    for text in ("", "what\n", "\x00", "99999999999999999999 up\nx\n"):
        path.write_text(text)
        assert RunLog(path, "status").cut_off() == ""


def test_what_is_short_leaves_the_last_log_alone(tmp_path: Path) -> None:
    """`status` must not take away what it shall name."""
    path = tmp_path / "last-run.log"
    run(path, signal.SIGKILL)
    RunLog(path, "status").line("a remark")
    assert RunLog(path, "status").cut_off()


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    """The folder is not there (yet), or cannot be written."""
    log = RunLog(tmp_path / "none/last-run.log", "up")
    log.begin()
    log.line("told")
    assert log.cut_off() == ""


def test_of_a_command_its_names_are_kept_alone() -> None:
    """What was given to it may be a secret."""
    assert command_words(["gpuinfra", "up", "--yes"]) == "up"
    assert command_words(["gpuinfra", "env", "apply", "--x=y"]) == "env apply"
    assert command_words(["gpuinfra"]) == ""
