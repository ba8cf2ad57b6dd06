"""The simulator's process: it starts, says so, and never outlives its parent."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until

PARENT = """
import sys, time
from gpuinfra.simulator.server import running
with running() as sim:
    print(sim.url, flush=True)
    time.sleep(600)
"""


def answers(url: str) -> bool:
    """Say whether a simulator answers there."""
    try:
        return Simulator(url).calls() is not None
    except OSError:
        return False


def test_it_ends_with_the_context_and_logs_to_the_file_given(tmp_path: Path) -> None:
    """Two can run side by side; nothing is left."""
    log_file = tmp_path / "simulator.log"
    with running(log_file=log_file) as one, running() as other:
        assert one.url != other.url
        assert answers(one.url)
        assert answers(other.url)
    assert not answers(one.url)
    assert not answers(other.url)
    assert log_file.exists()


def test_it_dies_when_its_parent_is_killed() -> None:
    """Also by SIGKILL, after which no clean-up code runs."""
    argv = [sys.executable, "-c", PARENT]
    parent = until_test_ends(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
    assert parent.stdout
    url = parent.stdout.readline().strip()
    assert answers(url)
    parent.kill()
    wait_until(lambda: not answers(url), "the simulator to end")


def test_the_ready_file_is_whole_and_sigterm_ends_it(tmp_path: Path) -> None:
    """The ready file names url and pid; nothing is printed; the exit code is 0."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "gpuinfra.simulator", "serve", "--ready-file", str(ready)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(command, **pipes))
    wait_until(lambda: ready.exists() or process.poll() is not None, "the ready file")
    said = json.loads(ready.read_text(encoding="utf-8"))
    assert said["pid"] == process.pid
    assert answers(said["url"])
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, output) == (0, b"")


def test_a_process_that_does_not_start_tells_why(simulator: Simulator) -> None:
    """A port that is taken, say."""
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(GpuInfraError, match=r"(?s)the AWS simulator did not start: .*in use"):
        running(port=port).__enter__()
