"""rsync: runs it, shows its progress on a terminal, turns its failures into words."""

import contextlib
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from gpuinfra.features.sync import host_session, rsync_args
from gpuinfra.features.sync.exchange import exchange
from gpuinfra.features.sync.first import NOTICE_S
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.sync.sync import SyncRequest
from gpuinfra.ground import platforms
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command as typed
from gpuinfra.ground.printable import printable
from gpuinfra.ground.protocols import SshClient
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.ssh.client import CHANGED, UNKNOWN

# rsync(1), EXIT VALUES
USAGE, PROTOCOL, STREAM, PARTIAL, VANISHED, SIGNAL, NO_SSH = 1, 2, 12, 23, 24, 20, 255
NOT_FOUND = ("rsync: command not found", "rsync: not found")
NOISE = "is your shell clean"  # rsync(1), DIAGNOSTICS: the login shell printed something before it
COUNTS = re.compile(r" *\((xfr#\d+, )?(to|ir)-chk=\d+/\d+\)")  # rsync's own, of its progress


@adapter("rsync cannot be run")
class Rsync:
    """The RsyncTransfer protocol."""

    def __init__(self, ssh: SshClient, environ: Mapping[str, str]) -> None:
        self._ssh = ssh
        self._environ = environ

    def run(self, host: Host, request: SyncRequest) -> SyncResult:
        """Sync; a file that vanishes or changes meanwhile is no error, the next sync has it."""
        ssh = self._ssh.argv(host, [])
        mover = _Mover(ssh, request, self._environ, stack=host.stack)
        with host_session.opened(ssh, request.folder, stack=host.stack) as talk:
            outcome = exchange(str(request.root), talk, mover, request.terms)
        if mover.trouble:
            raise mover.trouble
        return SyncResult(outcome, dry_run=request.dry_run)


class _Mover:
    """The Mover protocol; `trouble`: some files could not be read, the others count."""

    def __init__(
        self, ssh: Sequence[str], request: SyncRequest, environ: Mapping[str, str], *, stack: str
    ) -> None:
        self._ssh, self._request, self._stack = ssh, request, stack
        self._environ = environ
        self.trouble: GpuInfraError | None = None

    def move(self, up: bool, paths: list[str]) -> dict[str, int]:
        argv = command(program(self._environ), self._ssh, self._request, up=up)
        code, text, stderr = self._run(argv, paths)
        if code == PARTIAL:
            self.trouble = failure(code, stderr, stack=self._stack)
        elif code not in (0, VANISHED):
            raise failure(code, stderr, stack=self._stack)
        return rsync_args.stats(text)

    def pack(self, paths: list[str]) -> bool:
        if sys.platform != "linux":  # another tar has other words
            return False
        pack = rsync_args.tar(str(self._request.root))
        unpack = [*self._ssh, "--", *rsync_args.untar(self._request.folder)]
        pipe, quiet, env = process.PIPE, process.DEVNULL, self._environ
        with (
            process.start(pack, env=env, stdin=pipe, stdout=pipe, stderr=quiet) as tar,
            process.start(unpack, env=env, stdin=tar.stdout, stdout=quiet, stderr=quiet) as ssh,
        ):
            assert tar.stdout  # noqa: S101  # for the type checker
            tar.stdout.close()
            _give(tar, rsync_args.listed(paths))
        return not (tar.returncode or ssh.returncode)

    def _run(self, argv: list[str], paths: list[str]) -> tuple[int, str, str]:
        """Run rsync; return its exit code, its words, its errors."""
        live = ["--info=progress2"] if sys.stderr.isatty() and not self._request.quiet else []
        pipes = {"stdin": process.PIPE, "stdout": process.PIPE, "stderr": process.PIPE}
        env = {**self._environ, "LC_ALL": "C"}
        with process.start([argv[0], *live, *argv[1:]], env=env, **pipes) as child:
            words: list[bytes] = []
            reader = threading.Thread(target=_collect, args=(child.stderr, words), daemon=True)
            reader.start()
            try:
                _give(child, rsync_args.listed(paths))
                text = _read(child)
            except KeyboardInterrupt:
                child.wait()
                raise
            reader.join()
        return child.returncode, text, b"".join(words).decode(errors="replace")


def command(rsync: str, ssh: Sequence[str], request: SyncRequest, *, up: bool) -> list[str]:
    """Return rsync's command line: the folders' content goes into the other side's staging folder."""
    here, there = f"{request.root}/", f"{ssh[-1]}:{request.folder}/"
    source, target = (here, there) if up else (there, here)
    argv = rsync_args.argv(rsync, list(ssh[:-1]), source=source, target=target)
    return [argv[0], *(["--compress"] if request.compress else []), *argv[1:]]


def program(environ: Mapping[str, str]) -> str:
    """Return rsync.

    Raises:
        ConfigError: it is not installed.
    """
    found = shutil.which("rsync", path=environ.get("PATH"))
    if not found:
        hint = platforms.install_rsync(sys.platform)
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
    if host_session.NO_SPACE in stderr:
        return HostError(f"a disk is full: {why}", hint=typed("ssh -- df -h", stack))
    if code in (NO_SSH, STREAM, SIGNAL, 10, 30, 35):
        return Unreachable(f"the connection ended during the sync: {why}", hint="the same command goes on")
    if NOISE in stderr:
        return HostError(
            "the host's login shell prints something before rsync begins, which rsync takes for an answer",
            hint="in ~/.bashrc and /etc/bash.bashrc of the host, what prints belongs behind  [ -t 1 ] &&",
        )
    if code in (USAGE, PROTOCOL) or "unrecognized option" in stderr or "unknown option" in stderr:
        return ConfigError(
            f"this machine's rsync is too old or not the original one: {why}",
            hint=platforms.install_rsync(sys.platform),
        )
    return HostError(f"not everything was transferred (rsync's exit code {code}): {why}")


def _give(child: process.Child, names: bytes) -> None:
    """Write the names; one that has ended already will say why."""
    assert child.stdin  # noqa: S101  # for the type checker
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(names)


def _read(child: process.Child) -> str:
    """Return rsync's stdout; its progress, which ends with carriage returns, goes to the terminal.

    Not before two seconds have passed: what is so short would only flicker.
    """
    assert child.stdout  # noqa: S101  # for the type checker
    kept, pending, began = [], b"", time.monotonic()
    while chunk := os.read(child.stdout.fileno(), 1 << 16):
        *lines, pending = (pending + chunk).replace(b"\r", b"\r\n").split(b"\n")
        kept += [line for line in lines if not line.endswith(b"\r")]
        for line in lines:
            if line.endswith(b"\r") and time.monotonic() - began > NOTICE_S:
                sys.stderr.write(printable(COUNTS.sub("", line.decode(errors="replace")), returns=True))
                sys.stderr.flush()
    child.wait()
    if "--info=progress2" in list(map(str, child.args)):  # type: ignore[arg-type]
        sys.stderr.write("\r" + " " * 78 + "\r")
    return b"\n".join([*kept, pending]).decode(errors="replace")


def _collect(stream: object, into: list[bytes]) -> None:
    while chunk := os.read(stream.fileno(), 1 << 16):  # type: ignore[attr-defined]
        into.append(chunk)
