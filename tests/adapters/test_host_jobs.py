"""The host's program, sent and run on this machine: no ssh, no systemd, all else real."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.adapters.host_jobs import SshJobs, opening, remote
from gpuinfra.errors import HostError
from gpuinfra.host.jobs import wire
from tests.fakes_jobs import local_ssh


def asked(*words: str, **more: Any) -> dict[str, Any]:
    """Return a request to run something."""
    return {"verb": "run", "id": "abcd", "words": list(words), "directory": "project", "flags": "", **more}


def run(folder: Path, request: dict[str, Any], *frames: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Run it with these frames on its stdin, which then stays open until it ends."""
    argv = [*local_ssh(folder), "--", remote()]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdin.write(opening(request) + b"".join(frames))
        child.stdin.flush()
        out, err = child.stdout.read(), child.stderr.read()
        return subprocess.CompletedProcess(argv, child.wait(20), out, err)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short path: a Unix socket's has 108 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        yield Path(folder)


def test_frames_survive_any_cut() -> None:
    """Bytes come as the network likes."""
    whole = wire.pack(wire.INPUT, b"abc") + wire.pack(wire.END)
    frames = wire.Frames()
    got = [frame for byte in whole for frame in frames.feed(bytes([byte]))]
    assert got == [(wire.INPUT, b"abc"), (wire.END, b"")]


def test_input_output_and_exit_code(home: Path) -> None:
    """What is sent comes back; the program is kept, the run is not."""
    done = run(home, asked("cat; echo err >&2; exit 3"), wire.pack(wire.INPUT, b"hello"), wire.pack(wire.END))
    assert (done.returncode, done.stdout, done.stderr) == (3, b"hello", b"err\n")
    assert len(list((home / ".cache/gpuinfra").glob("host-*"))) == 1
    assert list((home / ".local/share/gpuinfra/jobs").iterdir()) == []


def test_a_signal_reaches_the_group(home: Path) -> None:
    """As Ctrl-C does."""
    done = run(home, asked("sleep 50 | sleep 50"), wire.pack(wire.SIGNAL, b"INT"))
    assert done.returncode == 128 + signal.SIGINT


def test_what_is_left_goes_on_and_keeps_its_end(home: Path) -> None:
    """The connection ends without a word; output and exit code are kept."""
    argv = [*local_ssh(home), "--", remote()]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    child.stdin.write(opening(asked("echo one; sleep 1; echo two; exit 5")))
    child.stdin.flush()
    assert child.stdout.readline() == b"one\n"
    child.stdin.close()
    assert child.wait(20) == 255
    child.stdout.close()
    ended = SshJobs().ask(argv[:1], {"verb": "wait", "job": "abcd", "seconds": 20, "flags": ""}, timeout_s=30)
    assert (ended["state"], ended["exit_code"], ended["kind"]) == ("failed", 5, "run")
    assert (home / ".local/share/gpuinfra/jobs/abcd/log").read_text() == "one\ntwo\n"


def test_a_killed_supervisor_is_a_lost_job(home: Path) -> None:
    """No job is shown as running that nobody supervises."""
    argv = [*local_ssh(home), "--", remote()]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin
    assert child.stdout
    child.stdin.write(opening(asked("echo $PPID; sleep 50")))
    child.stdin.flush()
    os.kill(int(child.stdout.readline()), signal.SIGKILL)
    assert child.wait(20) == 137
    child.stdin.close()
    child.stdout.close()
    store = home / ".local/share/gpuinfra/jobs/abcd/job.json"
    store.write_text(store.read_text().replace(time.strftime("%Y-"), "2000-"))
    (job,) = SshJobs().ask(argv[:1], {"verb": "list", "flags": ""}, timeout_s=30)
    assert (job["state"], job["reason"]) == ("lost", "its supervisor was killed")


def test_refusals_come_back_as_errors(home: Path) -> None:
    """In the host's words, with its hint and the right exit code."""
    ssh = local_ssh(home)
    (home / "status.json").write_text("{}")
    with pytest.raises(HostError, match="environment is not there yet") as caught:
        SshJobs().ask(ssh, {**asked("true", flags=" --stack x"), "verb": "start"}, timeout_s=30)
    assert caught.value.hint == "gpuinfra status --watch --stack x"


def test_gpu_test_without_torch(home: Path) -> None:
    """A clear line, no traceback."""
    found = SshJobs().python(local_ssh(home), sys.executable, "gpu_test.py", timeout_s=30)
    assert found["problem"] == "the environment has no PyTorch"
