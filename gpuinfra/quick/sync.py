"""`gpuinfra sync`, `sync up`, `sync down` of the whole project over a connection that is up, in silence."""

from __future__ import annotations

import os
import sys

from gpuinfra.ground import locations
from gpuinfra.quick import connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuinfra.features.sync.result import SyncResult

PROGRAM = ("/usr/bin/python3", "-I", "-S", "gpuinfra/host/sync/__main__.py")


class Failed(Exception):
    """The full command line tries again, and has the words."""


def sync(environ: Mapping[str, str], *, mode: str) -> bool:
    """Sync; on a terminal, and at any difficulty, return False: the full command line has the words."""
    conf, root = connection.connected(environ), locations.synced_root(os.getcwd())
    if not conf or root in ("/", os.path.expanduser("~")) or sys.stderr.isatty():
        return False
    from gpuinfra.features.sync import rsync_args
    from gpuinfra.features.sync.conversation import SyncRefused
    from gpuinfra.tools.ssh.host_bundle import NoMarker

    try:
        code = _sync(conf, root, environ, mode)
    except (Failed, SyncRefused, NoMarker, EOFError, OSError):
        return False
    except KeyboardInterrupt:
        sys.stderr.write(f"error: {rsync_args.STOPPED}\n")
        code = 130
    sys.exit(code)


def _sync(conf: str, root: str, environ: Mapping[str, str], mode: str) -> int:
    from gpuinfra.features.sync import rsync_args
    from gpuinfra.features.sync.conversation import Conversation
    from gpuinfra.features.sync.exchange import Terms, exchange
    from gpuinfra.features.sync.result import SyncResult
    from gpuinfra.tools.ssh import host_bundle

    ssh, folder = connection.command_line(conf), locations.host_folder(root)

    def move(up: bool, paths: list[str]) -> dict[str, int]:
        here, there = f"{root}/", f"{ssh[-1]}:{folder}/"
        source, target = (here, there) if up else (there, here)
        argv = rsync_args.argv("rsync", ssh[:-1], source=source, target=target)
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        return rsync_args.stats(_output(argv, {**environ, "LC_ALL": "C"}, names))

    bundle = host_bundle.files()
    pid, stdin, stdout = _spawn([*ssh, "--", host_bundle.command([*PROGRAM, folder], bundle)], environ)
    with open(stdout, "rb") as replies, open(stdin, "wb") as requests:
        host_bundle.hand_over(stdin, stdout, bundle)
        outcome = exchange(root, Conversation(replies, requests), move, Terms(mode=mode))
    os.waitpid(pid, 0)
    return _tell(SyncResult.of(outcome, dry_run=False))


def _tell(result: SyncResult) -> int:
    """Print the result, and what was not done; return the exit code."""
    from gpuinfra.ground.errors import GpuInfraError
    from gpuinfra.tools.terminal import output

    output.emit(result.text())
    for line in result.told():
        sys.stderr.write(f"{output.printable(line)}\n")
    try:
        result.check()
    except GpuInfraError as error:
        output.complain(error)
        return error.exit_code
    return 0


def _spawn(argv: list[str], environ: Mapping[str, str]) -> tuple[int, int, int]:
    """Start a command; return its id, its stdin, its stdout. Without subprocess, whose import takes 8 ms."""
    (reader, writer), (stdin, ours) = os.pipe(), os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]
    actions = [*streams, (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_RDWR, 0)]
    try:
        pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
    finally:
        os.close(writer)
        os.close(stdin)
    return pid, ours, reader


def _output(argv: list[str], environ: dict[str, str], given: bytes) -> str:
    """Run a command; return what it says.

    Raises:
        Failed: it failed.
    """
    pid, stdin, stdout = _spawn(argv, environ)
    try:
        with open(stdin, "wb") as pipe:
            pipe.write(given)
    except BrokenPipeError:  # it has ended: its exit code counts
        pass
    with open(stdout, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    if os.waitpid(pid, 0)[1]:
        raise Failed
    return text
