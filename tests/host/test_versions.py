"""An old laptop and a new one on one host: jobs of either are seen, attached to and stopped by the other.

The old one is the tree of commit 27b7c43, kept as an archive; no ssh, no systemd, all else real.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host.jobs import frames
from gpuinfra.tools.ssh.host_bundle import ROOT
from tests.fakes.jobs import asked, opening
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the host's programs run on Linux alone")
OLD = Path(__file__).with_name("data") / "jobs-27b7c43.tar.gz"
LINE = "echo begun; read x; echo got $x; sleep 50"


@pytest.fixture
def host() -> Iterator[Path]:
    """A home with an environment and the old programs; its path is short, since a socket lies below it."""
    with tempfile.TemporaryDirectory(prefix="two-") as name:
        home = Path(name)
        with tarfile.open(OLD) as tar:
            tar.extractall(home / "old", filter="data")
        (home / "bin").mkdir()
        (home / "bin/python").symlink_to(sys.executable)
        (home / "status.json").write_text(json.dumps({"prefix": name, "environment": "gpu"}))
        yield home


def program(host: Path, version: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line of a version's jobs, and its environment, as that version starts them."""
    env = {**os.environ, "HOME": str(host), "GPUINFRA_STATUS": str(host / "status.json")}
    if version == "old":
        return [sys.executable, "-S", "-m", "gpuinfra.host.jobs"], {**env, "PYTHONPATH": str(host / "old")}
    return [sys.executable, "-I", "-S", f"{ROOT}/gpuinfra/host/jobs/__main__.py"], env


def begin(host: Path, version: str, request: dict[str, Any]) -> "subprocess.Popen[bytes]":
    """Start a session of a version with a request."""
    argv, env = program(host, version)
    pipe = subprocess.PIPE
    child = subprocess.Popen(argv, env=env, cwd="/", stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
    assert child.stdin
    child.stdin.write(opening(request))
    return child


def ask(host: Path, version: str, verb: str, **more: Any) -> Any:
    """Return a version's reply."""
    with begin(host, version, {"verb": verb, "flags": "", **more}) as child:
        out, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, err
    return json.loads(out)


@pytest.mark.parametrize(("first", "second"), [("old", "new"), ("new", "old")])
def test_a_run_of_one_version_is_attached_to_and_stopped_by_the_other(
    host: Path, first: str, second: str
) -> None:
    """It is in the other's list; its log, its input and its end pass through the other's hands."""
    with begin(host, first, asked(LINE)) as left:
        assert left.stdin
        assert left.stdout
        assert left.stdout.readline() == b"begun\n"
        left.stdin.close()
        assert left.wait(PATIENCE_S) == 255
    wait_until(lambda: not ask(host, second, "list")[0]["attached"], "the first session's end to be noticed")
    (job,) = ask(host, second, "list")
    assert (job["id"], job["kind"], job["state"]) == ("abcd", "run", "running")
    with begin(host, second, {"verb": "attach", "job": "abcd", "flags": ""}) as back:
        assert back.stdin
        assert back.stdout
        assert back.stdout.readline() == b"begun\n"
        back.stdin.write(frames.pack(frames.INPUT, b"hello\n"))
        assert back.stdout.readline() == b"got hello\n"
        stopped = ask(host, second, "stop", job="abcd", seconds=60)
        assert (stopped["state"], stopped["exit_code"]) == ("stopped", 143)
        assert back.wait(PATIENCE_S) == 143
    for version in (first, second):
        (job,) = ask(host, version, "list")
        assert (job["state"], job["reason"]) == ("stopped", "stopped by hand")


def test_a_job_of_a_later_version_of_the_frames_is_refused(host: Path) -> None:
    """Nobody guesses what its supervisor would understand; the hint says how to become as new."""
    folder = host / ".local/share/gpuinfra/jobs/late"
    folder.mkdir(parents=True)
    record = {"id": "late", "created": "2099-01-01T00:00:00Z", "frames": frames.VERSION + 1}
    (folder / "job.json").write_text(json.dumps(record))
    reply = ask(host, "new", "stop", job="late")
    assert "later gpuinfra" in reply["refused"]
    assert reply["hint"]
