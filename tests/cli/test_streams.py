"""Closed, full and broken standard streams: the work is done, the exit code says so, nothing is a bug."""

import subprocess
import sys

import pytest

from gpuinfra.version import VERSION

QUICK, PROPER = "version", "version --json"  # answered before typer is imported, and by it


def shell(line: str) -> "subprocess.CompletedProcess[str]":
    """Run a line in which $G is gpuinfra; the exit code is that of gpuinfra in a pipe, too."""
    program = f"G='{sys.executable} -m gpuinfra'; set -o pipefail; {line}"
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [QUICK, PROPER, "--help", "up --help"])
@pytest.mark.parametrize("streams", [">&-", "<&-", "2>&-", "2>/dev/full", ">&- 2>&- <&-", ">&- 2>/dev/full"])
def test_a_stream_that_is_not_there_changes_nothing(streams: str, command: str) -> None:
    """cron, systemd and editors start programs so."""
    done = shell(f"$G {command} {streams}")
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) is (">&-" not in streams.replace("2>&-", ""))


@pytest.mark.parametrize("command", [QUICK, PROPER, "--help"])
def test_a_result_that_cannot_be_written_is_told(command: str) -> None:
    """A full disk: the file is not what it seems to be, and the exit code says so."""
    done = shell(f"$G {command} >/dev/full")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: stdout cannot be written: No space left on device; ")
    assert [line.split("   #")[0] for line in done.stderr.splitlines()[1:]] == ["  next: df -h"]


@pytest.mark.parametrize("command", [QUICK, PROPER, "--help", "up --help"])
def test_a_reader_that_leaves_is_no_error(command: str) -> None:
    """`| head`: it has what it wanted."""
    done = shell(f"$G {command} | true")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_is_one_where_nobody_reads_it() -> None:
    """The exit code is as ever."""
    for streams in ("2>&-", "2>/dev/full", "2> >(true)"):
        assert shell(f"$G status --stack NO! {streams}").returncode == 2


def test_a_file_never_takes_the_number_of_a_closed_stream() -> None:
    """What is printed later would be written into it."""
    line = (
        f"{sys.executable} -c 'import os; from gpuinfra.ground import streams; streams.prepare();"
        ' print(os.open("/", os.O_RDONLY) > 2)\' <&- 2>&-'
    )
    assert shell(line).stdout == "True\n"


def test_what_is_right_is_printed() -> None:
    """Through the wrapped streams."""
    assert shell("$G version").stdout == f"{VERSION}\n"
