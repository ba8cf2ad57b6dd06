"""The laptop's end of gpuinfra.host.jobs: sends the program with each request, in one session of ssh."""

import gzip
import hashlib
import io
import json
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gpuinfra.adapters import seat
from gpuinfra.errors import CloudError, ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.host.jobs import wire
from gpuinfra.job_ports import Request, Sat

PACKAGE = Path(__file__).resolve().parents[1]
SSH_FAILED = 255
ERRORS: dict[int, type[GpuInfraError]] = {2: ConfigError, 4: CloudError, 5: HostError}
# Its directory is named by its content: another version never overwrites one that is in use.
REMOTE = (
    'c=$HOME/.cache/gpuinfra; d=$c/host-{digest}; if [ -d "$d" ]; then head -c {size} >/dev/null; else'
    ' mkdir -p -m 700 "$c" && t=$(mktemp -d "$c/new.XXXXXX") && head -c {size} | tar -xzf - -C "$t"'
    ' && mv -T "$t" "$d" || exit 5; fi; PYTHONPATH=$d exec python3 -S -m gpuinfra.host.jobs'
)


@cache
def program() -> bytes:
    """Return the host's program as an archive, the same bytes for the same files."""
    files = [
        PACKAGE / "__init__.py",
        PACKAGE / "host/__init__.py",
        *sorted((PACKAGE / "host/jobs").glob("*.py")),
    ]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in files:
            entry = tarfile.TarInfo(str(path.relative_to(PACKAGE.parent)))
            data = path.read_bytes()
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def remote() -> str:
    """Return the command line on the host; it says nothing of what is asked."""
    return REMOTE.format(digest=hashlib.sha256(program()).hexdigest()[:16], size=len(program()))


def opening(request: Request) -> bytes:
    """Return what comes first on stdin: the program, then the request."""
    return program() + wire.pack(wire.REQUEST, json.dumps(request).encode())


class SshJobs:
    """The HostJobs port."""

    def ask(self, ssh: Sequence[str], request: Request, *, timeout_s: float) -> Any:
        """Return the reply.

        Raises:
            Unreachable: the host does not answer.
            GpuInfraError: the host refused, in its own words.
        """
        done = _run([*ssh, "--", remote()], opening(request), timeout_s)
        try:
            reply = json.loads(done.stdout)
        except ValueError:
            raise HostError(
                f"the host answered {done.stdout[-300:]!r} {done.stderr.strip()[-500:]}"
            ) from None
        if isinstance(reply, dict) and "refused" in reply:
            raise ERRORS.get(reply["exit_code"], HostError)(reply["refused"], hint=reply["hint"])
        return reply

    def sit(self, ssh: Sequence[str], request: Request, *, tty: bool) -> Sat:
        """Sit at a command until it ends, the connection breaks or the user leaves."""
        if tty:
            request = {**request, "size": seat.terminal_size()}
        return seat.Seat([*ssh, "--", remote()], tty=tty).sit(opening(request))

    def stream(self, ssh: Sequence[str], request: Request) -> tuple[int, int]:
        """Copy what comes to stdout; return ssh's exit code and the bytes copied."""
        argv, copied = [*ssh, "--", remote()], 0
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
            try:
                if child.stdin and child.stdout:
                    child.stdin.write(opening(request))
                    while data := child.stdout.read(wire.CHUNK):
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
        raise Unreachable(f"the host does not answer: {stderr.strip().splitlines()[-1:]}")
    return _Done(done.stdout.decode("utf-8", "replace"), stderr)
