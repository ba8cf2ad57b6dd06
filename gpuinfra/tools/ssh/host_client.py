"""The laptop's end of gpuinfra.host.jobs: each request in one session of ssh, which brings the program."""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.job_protocols import Request, SessionResult
from gpuinfra.host.jobs import frames
from gpuinfra.tools.ssh import terminal_session
from gpuinfra.tools.ssh.host_bundle import opened_by

PACKAGE = Path(__file__).resolve().parents[2]
SSH_FAILED = 255
ERRORS: dict[int, type[GpuInfraError]] = {2: ConfigError, 4: CloudError, 5: HostError}


class SshHostClient:
    """The HostJobs port."""

    def ask(self, ssh: Sequence[str], request: Request, *, timeout_s: float) -> Any:
        """Return the reply.

        Raises:
            Unreachable: the host does not answer.
            GpuInfraError: the host refused, in its own words.
        """
        line, opening = opened_by(request)
        done = _run([*ssh, "--", line], opening, timeout_s)
        try:
            reply = json.loads(done.stdout)
        except ValueError:
            raise HostError(
                f"the host answered {done.stdout[-300:]!r} {done.stderr.strip()[-500:]}"
            ) from None
        if isinstance(reply, dict) and "refused" in reply:
            raise ERRORS.get(reply["exit_code"], HostError)(reply["refused"], hint=reply["hint"])
        return reply

    def sit(self, ssh: Sequence[str], request: Request, *, tty: bool) -> SessionResult:
        """Sit at a command until it ends, the connection breaks or the user leaves."""
        code, left = terminal_session.attach(ssh, request, tty=tty)
        return SessionResult(code=code, left=left)

    def stream(self, ssh: Sequence[str], request: Request) -> tuple[int, int]:
        """Copy what comes to stdout; return ssh's exit code and the bytes copied."""
        line, opening = opened_by(request)
        argv, copied = [*ssh, "--", line], 0
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
            try:
                if child.stdin and child.stdout:
                    child.stdin.write(opening)
                    while data := child.stdout.read(frames.CHUNK):
                        sys.stdout.buffer.write(data)
                        sys.stdout.buffer.flush()
                        copied += len(data)
            except BrokenPipeError:
                pass  # ssh is gone (its code tells), or our reader has had enough
            finally:
                child.terminate()
            return child.wait(), copied

    def python(self, ssh: Sequence[str], interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Run a script of ours by a Python on the host; return the JSON of its last line.

        Raises:
            Unreachable: the host does not answer.
            HostError: the script failed.
        """
        done = _run(
            [*ssh, "--", f"{shlex.quote(interpreter)} -"], (PACKAGE / "host" / script).read_bytes(), timeout_s
        )
        try:
            return json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise HostError(f"{script} failed on the host: {done.stderr.strip()[-500:]}") from None


class _Done:
    def __init__(self, stdout: str, stderr: str) -> None:
        self.stdout, self.stderr = stdout, stderr


def _run(argv: Sequence[str], given: bytes, timeout_s: float) -> _Done:
    try:
        done = subprocess.run(argv, input=given, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"the host has not answered for {timeout_s:.0f} s") from None
    stderr = done.stderr.decode("utf-8", "replace")
    if done.returncode == SSH_FAILED:
        why = (stderr.strip().splitlines() or ["ssh gave no reason"])[-1]
        raise Unreachable(f"the host does not answer: {why}")
    return _Done(done.stdout.decode("utf-8", "replace"), stderr)
