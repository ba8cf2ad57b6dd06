"""Open a lab from Python, reach its API from outside, run commands inside."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.client import PATIENCE_S, Simulator, simulator_env
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.config import DIRECTORY_VARIABLE, LAB_VARIABLE, MIRROR_VARIABLE
from gpuinfra.simulator.lab.machines.host import CABLE_FILE


@dataclass(frozen=True, kw_only=True)
class Lab:
    """An open lab.

    url: of the API, from outside (for boto3 in this process); inside_url: of the same, from inside.
    pid: its first process.
    mirror: `<mirror>/<host name>/<path>` is https://<host name>/<path> in the lab; write there at any time.
    """

    url: str
    inside_url: str
    pid: int
    directory: Path
    mirror: Path

    @property
    def simulator(self) -> Simulator:
        """Return the handle on the API, for this process."""
        return Simulator(self.url)

    @property
    def image(self) -> Path:
        """Return the hosts' image; mounted inside only, so its path goes through a process of the lab."""
        return Path(f"/proc/{self.pid}/root{self.directory}/base")

    def host(self, instance_id: str) -> Path:
        """Return a host's folder: console.log, imds.json (see imds.py), fake-gpu/load (percent), upper/."""
        return self.directory / "hosts" / instance_id

    def plug(self, instance_id: str, *, into: bool) -> None:
        """Pull a host's network cable out, or put it back in."""
        cable = (self.host(instance_id) / CABLE_FILE).read_text(encoding="utf-8")
        self.run(["ip", "link", "set", cable, "up" if into else "down"]).check_returncode()

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return a whole environment for a command inside: `base` (this process's own) pointed at the lab."""
        return simulator_env(self.inside_url, os.environ if base is None else base) | {
            LAB_VARIABLE: "1",
            "GPUINFRA_WAIT": "1",  # here there are hosts to wait for
            DIRECTORY_VARIABLE: str(self.directory),
            MIRROR_VARIABLE: str(self.mirror),
        }

    def command(self, argv: Sequence[str | Path], cwd: Path | None = None) -> list[str]:
        """Return the command line that runs `argv` inside."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid"]
        enter += [] if requirements.is_root() else ["--user", "--preserve-credentials"]
        return [*enter, "env", f"--chdir={cwd or Path.cwd()}", *map(str, argv)]

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside and return what it said; the exit code is not checked."""
        return subprocess.run(
            self.command(argv, cwd),
            env=dict(self.env() if env is None else env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@contextmanager
def open_lab(*, mirror: Path | None = None) -> Iterator[Lab]:
    """Open a lab, yield it, and end it with all that is in it; it ends too when this process dies."""
    argv = [sys.executable, "-m", "gpuinfra.simulator", "lab", *([f"--mirror={mirror}"] if mirror else [])]
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        ) as process,
    ):
        try:
            yield _wait_until_ready(process, stderr)
        finally:
            process.terminate()


def _wait_until_ready(process: subprocess.Popen[bytes], stderr: IO[bytes]) -> Lab:
    assert process.stdout  # noqa: S101  # for the type checker
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
    line = process.stdout.readline() if ready else b""
    if not line:
        stderr.seek(0)
        why = stderr.read().decode("utf-8", "replace").strip()
        raise GpuInfraError(f"the lab did not start: {why or 'it said nothing'}")
    raw = json.loads(line)
    return Lab(**{**raw, "directory": Path(raw["directory"]), "mirror": Path(raw["mirror"])})
