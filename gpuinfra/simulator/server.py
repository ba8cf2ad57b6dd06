"""Starting and ending a simulator process from Python."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import PATIENCE_S, Simulator
from gpuinfra.simulator.extra import require_extra

_POLL_S = 0.02


@contextmanager
def running(*, log_file: Path | None = None, port: int = 0, hosts: Path | None = None) -> Iterator[Simulator]:
    """Start a simulator in a process of its own, yield a handle on it, and end it.

    hosts: folders of real hosts, see HostFolders.
    It does not see Ctrl-C (a Terraform that winds down still needs it), and dies when this process dies.
    """
    require_extra()
    with tempfile.TemporaryDirectory(prefix="gpuinfra-simulator-") as scratch:
        ready_file, output = Path(scratch, "ready.json"), Path(scratch, "output")
        process = _start(port, ready_file, output, log_file, hosts)
        try:
            yield Simulator(_wait_until_ready(process, ready_file, output))
        finally:
            _stop(process)


def _start(
    port: int, ready_file: Path, output: Path, log_file: Path | None, hosts: Path | None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gpuinfra.simulator", "serve", f"--port={port}"]
    command += [f"--ready-file={ready_file}"]
    command += [f"--log-file={log_file.absolute()}"] if log_file else []
    command += [f"--hosts={hosts}"] if hosts else []
    # a user's AWS_PROFILE, or a MOTO_ setting, must not change what the simulator does
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    with output.open("wb") as sink:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=env, start_new_session=True
        )


def _wait_until_ready(process: subprocess.Popen[bytes], ready_file: Path, output: Path) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            text = output.read_text(encoding="utf-8", errors="replace").strip()
            raise GpuInfraError(f"the AWS simulator did not start: {text or 'it text nothing'}")
        time.sleep(_POLL_S)
    return str(json.loads(ready_file.read_text(encoding="utf-8"))["url"])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
