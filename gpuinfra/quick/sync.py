"""`gpuinfra sync`, `sync up`, `sync down` of the whole project over a connection that is up, in silence.

And what goes before `gpuinfra run`: the same as `sync up`, on a terminal, too, if it is short.
"""

from __future__ import annotations

import os
import sys

from gpuinfra.ground import locations
from gpuinfra.quick import connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuinfra.features.sync.result import SyncResult
    from gpuinfra.features.sync.terms import Terms

PROGRAM = ("/usr/bin/python3", "-I", "-S", "gpuinfra/host/sync/__main__.py")


class Failed(Exception):
    """The full command line tries again, and has the words."""


def sync(environ: Mapping[str, str], *, mode: str) -> bool:
    """Sync; on a terminal, and at any difficulty, return False: the full command line has the words."""
    conf, root = connection.connected(environ), locations.synced_root(os.getcwd())
    if not conf or locations.is_personal(root) or sys.stderr.isatty():
        return False
    from gpuinfra.features.sync import rsync_args
    from gpuinfra.features.sync.terms import Terms

    result = _try(conf, root, environ, Terms(mode=mode), rsync_args.STOPPED)
    if result and (code := _tell(result)):
        sys.exit(code)
    return bool(result)


def sent_first(conf: str, environ: Mapping[str, str]) -> bool:
    """Bring the project there before a command; False: the full command line does that, and has the words."""
    from gpuinfra.features.sync import first

    root, why_not = first.root_to_send(os.getcwd())
    _say([why_not] if why_not else [])
    if not root:
        return True
    with first.Notice(lambda text: _say([text])):
        result = _try(conf, root, environ, terms_first(shown=sys.stderr.isatty()), first.STOPPED)
    if not result or result.trouble:
        return False
    _say(first.lines(result))
    return True


def terms_first(*, shown: bool) -> Terms:
    """Return the terms of what goes before a command; a person is `shown` how far more than a little is."""
    from gpuinfra.features.sync.first import MOST, UNSEEN
    from gpuinfra.features.sync.terms import Terms

    return Terms(mode="up", most=UNSEEN if shown else MOST)


def _try(conf: str, root: str, environ: Mapping[str, str], terms: Terms, stopped: str) -> SyncResult | None:
    """Sync; None if that is a matter for the full command line, which tries again."""
    import gc

    from gpuinfra.features.sync.conversation import SyncRefused
    from gpuinfra.tools.ssh.host_bundle import NoMarker

    gc.disable()  # there may be 10,000 records
    try:
        return _sync(conf, root, environ, terms)
    except NoMarker:  # the full command line connects anew
        connection.stop(conf, environ)
    except (Failed, SyncRefused, EOFError, OSError):
        pass
    except KeyboardInterrupt:
        sys.stderr.write(f"{stopped}\n")
        sys.exit(130)
    finally:
        gc.enable()
    return None


def _sync(conf: str, root: str, environ: Mapping[str, str], terms: Terms) -> SyncResult:
    from gpuinfra.tools.ssh import host_bundle

    ssh, folder = connection.command_line(conf), locations.host_folder(root)
    bundle = host_bundle.files()
    pid, stdin, stdout = _spawn([*ssh, "--", host_bundle.command([*PROGRAM, folder], bundle)], environ)
    try:
        # the host starts meanwhile
        from gpuinfra.features.sync.conversation import Conversation
        from gpuinfra.features.sync.exchange import exchange
        from gpuinfra.features.sync.result import SyncResult

        with open(stdout, "rb") as replies, open(stdin, "wb") as requests:
            host_bundle.hand_over(stdin, stdout, bundle, timeout_s=connection.ANSWER_S)
            mover = _Mover(root, folder, ssh, {**environ, "LC_ALL": "C"})
            outcome = exchange(root, Conversation(replies, requests), mover, terms)
    except BaseException:
        os.kill(pid, 15)  # over a dead connection it would stay
        raise
    finally:
        os.waitpid(pid, 0)
    return SyncResult(outcome, dry_run=False)


class _Mover:
    """The Mover protocol, without subprocess, whose import takes 8 ms.

    Raises:
        Failed: rsync, or the host's tar, failed.
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

    def pack(self, paths: list[str]) -> bool:
        from gpuinfra.features.sync import rsync_args

        if sys.platform != "linux":
            return False
        tar, stdin, packed = _spawn(rsync_args.tar(self._root), self._environ)
        unpack = [*self._ssh, "--", *rsync_args.untar(self._folder)]
        pid, _, stdout = _spawn(unpack, self._environ, stdin=packed)
        _finish(pid, stdin, stdout, rsync_args.listed(paths))
        return os.waitpid(tar, 0)[1] == 0


def _tell(result: SyncResult) -> int:
    """Print the result, and what was not done; return the exit code."""
    from gpuinfra.tools.terminal import output

    output.emit(result.text())
    _say(result.told())
    if not result.trouble:
        return 0
    output.complain(result.trouble)
    return result.trouble.exit_code


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        from gpuinfra.ground.printable import printable  # re: 7 ms, and mostly there is nothing to say

        sys.stderr.write(f"{printable(line)}\n")
    sys.stderr.flush()


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
