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
    import gc

    gc.disable()  # 10,000 records, and a process that ends soon
    from gpuinfra.features.sync.conversation import Conversation
    from gpuinfra.features.sync.exchange import exchange
    from gpuinfra.features.sync.result import SyncResult
    from gpuinfra.features.sync.terms import Terms
    from gpuinfra.tools.ssh import host_bundle

    ssh, folder = connection.command_line(conf), locations.host_folder(root)
    bundle = host_bundle.files()
    pid, stdin, stdout = _spawn([*ssh, "--", host_bundle.command([*PROGRAM, folder], bundle)], environ)
    with open(stdout, "rb") as replies, open(stdin, "wb") as requests:
        host_bundle.hand_over(stdin, stdout, bundle)
        mover = _Mover(root, folder, ssh, {**environ, "LC_ALL": "C"})
        outcome = exchange(root, Conversation(replies, requests), mover, Terms(mode=mode))
    os.waitpid(pid, 0)
    return _tell(SyncResult.of(outcome, dry_run=False))


class _Mover:
    """The Mover protocol, without subprocess, whose import takes 8 ms.

    Raises:
        Failed: rsync or tar failed.
    """

    def __init__(self, root: str, folder: str, ssh: list[str], environ: Mapping[str, str]) -> None:
        self._root, self._folder, self._ssh, self._environ = root, folder, ssh, environ

    def move(self, up: bool, paths: list[str]) -> dict[str, int]:
        from gpuinfra.features.sync import rsync_args

        here, there = f"{self._root}/", f"{self._ssh[-1]}:{self._folder}/"
        source, target = (here, there) if up else (there, here)
        argv = rsync_args.argv("rsync", self._ssh[:-1], source=source, target=target)
        pid, stdin, stdout = _spawn(argv, self._environ)
        return rsync_args.stats(_finish(pid, stdin, stdout, rsync_args.listed(paths)))

    def pack(self, paths: list[str]) -> dict[str, int]:
        from gpuinfra.features.sync import rsync_args

        if sys.platform != "linux":
            raise Failed
        os.chdir(self._root)
        tar, stdin, packed = _spawn(rsync_args.tar(), self._environ)
        unpack = [*self._ssh, "--", *rsync_args.untar(self._folder)]
        pid, _, stdout = _spawn(unpack, self._environ, stdin=packed)
        _finish(pid, stdin, stdout, rsync_args.listed(paths))
        os.waitpid(tar, 0)
        return {}


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


def _spawn(argv: list[str], environ: Mapping[str, str], stdin: int = -1) -> tuple[int, int, int]:
    """Start a command, with this stdin if there is one; return its id, its stdin, its stdout."""
    reader, writer = os.pipe()
    given, ours = (stdin, -1) if stdin >= 0 else os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]
    actions = [*streams, (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_RDWR, 0)]
    try:
        pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
    finally:
        os.close(writer)
        os.close(given)
    return pid, ours, reader


def _finish(pid: int, stdin: int, stdout: int, given: bytes) -> str:
    """Give a command its input; return what it says.

    Raises:
        Failed: it failed.
    """
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
