"""rsync: runs it, shows its progress on a terminal, turns its failures into words."""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence

from gpuinfra.features.sync import gitignore, rsync_args
from gpuinfra.features.sync.sync import SyncRequest, SyncResult
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import PROJECT_DIRECTORY
from gpuinfra.ground.names import command as typed
from gpuinfra.ground.protocols import SshClient
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.ssh.client import CHANGED, UNKNOWN

# rsync(1), EXIT VALUES
USAGE, PROTOCOL, STREAM, PARTIAL, VANISHED, SIGNAL, NO_SSH = 1, 2, 12, 23, 24, 20, 255
NOT_FOUND = ("rsync: command not found", "rsync: not found")
INSTALL_HERE = {
    "darwin": "brew install rsync",
    "win32": "use WSL, and there: sudo apt-get install rsync",
    "linux": "sudo apt-get install rsync   # or your distribution's way",
}


@adapter("rsync cannot be run")
class Rsync:
    """The RsyncTransfer protocol."""

    def __init__(self, ssh: SshClient, environ: Mapping[str, str]) -> None:
        self._ssh = ssh
        self._environ = environ

    def run(self, host: Host, request: SyncRequest) -> SyncResult:
        """Sync; a file that vanishes or changes meanwhile is no error, the next sync has it."""
        ssh = self._ssh.argv(host, [])
        argv = command(program(self._environ), ssh, request, live=sys.stderr.isatty() and not request.quiet)
        env = {**self._environ, "LC_ALL": "C"}
        rules = gitignore.text(str(request.root), request.part)
        pipes = {"stdin": process.PIPE, "stdout": process.PIPE, "stderr": process.PIPE}
        with process.start(argv, env=env, **pipes) as child:
            words: list[bytes] = []
            reader = threading.Thread(target=_collect, args=(child.stderr, words), daemon=True)
            reader.start()
            try:
                _give(child, rules)
                text = _read(child)
            except KeyboardInterrupt:
                child.wait()
                raise
            reader.join()
        stderr = b"".join(words).decode(errors="replace")
        if child.returncode not in (0, VANISHED):
            raise failure(child.returncode, stderr, stack=host.stack)
        sent, deleted = rsync_args.changes(text)
        numbers = rsync_args.stats(text)
        return SyncResult(
            **numbers, dry_run=request.dry_run, sent_names=tuple(sent), deleted_names=tuple(deleted)
        )


def command(rsync: str, ssh: Sequence[str], request: SyncRequest, *, live: bool) -> list[str]:
    """Return rsync's command line; the paths end with a slash: what is in the folders, not they."""
    here, there = f"{request.root}/", f"{ssh[-1]}:{PROJECT_DIRECTORY}/"
    source, target = (here, there) if request.up else (there, here)
    argv = rsync_args.argv(
        rsync,
        list(ssh[:-1]),
        source=source,
        target=target,
        up=request.up,
        part=request.part,
        delete=request.delete,
    )
    options = ["--dry-run"] if request.dry_run else []
    # after: by then the ignore files are over there, too, and what they name is left alone
    options += ["--delete-after"] if request.delete else []
    options += ["--compress"] if request.compress else []
    options += ["--8-bit-output", f"--out-format={rsync_args.CHANGE} %i %n"] if request.listed else []
    options += ["--info=progress2"] if live and not request.dry_run else []
    return [argv[0], *options, *argv[1:]]


def program(environ: Mapping[str, str]) -> str:
    """Return rsync.

    Raises:
        ConfigError: it is not installed.
    """
    found = shutil.which("rsync", path=environ.get("PATH"))
    if not found:
        hint = INSTALL_HERE.get(sys.platform, INSTALL_HERE["linux"])
        raise ConfigError("rsync is not installed on this machine", hint=hint)
    return found


def failure(code: int, stderr: str, *, stack: str) -> GpuInfraError:
    """Return the error for rsync's exit code and words."""
    last = [line for line in stderr.strip().splitlines() if line.strip()]
    # The line that says why comes first; the last one only names the exit code and a source file.
    why = next((line for line in last if "rsync error:" not in line), last[-1] if last else "no reason given")
    if any(text in stderr for text in NOT_FOUND):
        return HostError(
            "rsync is not installed on the host", hint=typed("ssh -- sudo apt-get install -y rsync", stack)
        )
    if CHANGED in stderr or UNKNOWN in stderr:
        return HostError(f"ssh refused the host's key: {why}", hint=typed("ssh -- true", stack))
    if "No space left on device" in stderr:
        return HostError(f"a disk is full: {why}", hint=typed("ssh -- df -h", stack))
    if code in (NO_SSH, STREAM, SIGNAL, 10, 30, 35):
        return Unreachable(f"the connection ended during the sync: {why}", hint="the same command goes on")
    if code in (USAGE, PROTOCOL) or "unrecognized option" in stderr or "unknown option" in stderr:
        return ConfigError(
            f"this machine's rsync is too old or not the original one: {why}",
            hint=INSTALL_HERE.get(sys.platform, INSTALL_HERE["linux"]),
        )
    return HostError(f"not everything was transferred (rsync's exit code {code}): {why}")


def _give(child: process.Child, rules: bytes) -> None:
    """Write the ignore rules; one that has ended already will say why."""
    assert child.stdin  # noqa: S101  # for the type checker
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(rules)


def _read(child: process.Child) -> str:
    """Return rsync's stdout; its progress, which ends with carriage returns, goes to the terminal."""
    assert child.stdout  # noqa: S101  # for the type checker
    kept, pending = [], b""
    while chunk := os.read(child.stdout.fileno(), 1 << 16):
        *lines, pending = (pending + chunk).replace(b"\r", b"\r\n").split(b"\n")
        kept += [line for line in lines if not line.endswith(b"\r")]
        for line in lines:
            if line.endswith(b"\r"):
                sys.stderr.write(line.decode(errors="replace"))
                sys.stderr.flush()
    child.wait()
    if "--info=progress2" in list(map(str, child.args)):  # type: ignore[arg-type]
        sys.stderr.write("\r" + " " * 78 + "\r")
    return b"\n".join([*kept, pending]).decode(errors="replace")


def _collect(stream: object, into: list[bytes]) -> None:
    while chunk := os.read(stream.fileno(), 1 << 16):  # type: ignore[attr-defined]
        into.append(chunk)
