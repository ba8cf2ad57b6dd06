"""`gpuinfra sync up` and `sync down` of the whole project over a connection that is up, in silence."""

from __future__ import annotations

import os
import sys

from gpuinfra.ground import locations
from gpuinfra.quick import connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def sync(environ: Mapping[str, str], *, up: bool) -> bool:
    """Sync; on a terminal, and at any difficulty, return False: the full command line has the words."""
    conf, root = connection.connected(environ), locations.synced_root(os.getcwd())
    if not conf or root in ("/", os.path.expanduser("~")) or sys.stderr.isatty():
        return False
    from gpuinfra.features.sync import gitignore, rsync_args
    from gpuinfra.ground.names import PROJECT_DIRECTORY

    local, remote = f"{root}/", f"{connection.ALIAS}:{PROJECT_DIRECTORY}/"
    source, target = (local, remote) if up else (remote, local)
    argv = rsync_args.argv("rsync", ["ssh", "-F", conf], source=source, target=target, up=up)
    try:
        code, text = _output(argv, {**environ, "LC_ALL": "C"}, gitignore.text(root))
    except FileNotFoundError:
        return False
    except KeyboardInterrupt:
        sys.stderr.write(f"error: {rsync_args.STOPPED}\n")
        sys.exit(130)
    if code:
        return False
    sys.stdout.write(rsync_args.summary(rsync_args.stats(text), dry_run=False) + "\n")
    return True


def _output(argv: list[str], environ: dict[str, str], given: bytes) -> tuple[int, str]:
    """Run a command without subprocess, whose import takes as long as rsync's own start; drops its stderr."""
    (reader, writer), (stdin, ours) = os.pipe(), os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]
    actions = [*streams, (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_RDWR, 0)]
    try:
        pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
    finally:
        os.close(writer)
        os.close(stdin)
    try:
        with open(ours, "wb") as pipe:
            pipe.write(given)
    except BrokenPipeError:  # it has ended: its exit code counts
        pass
    with open(reader, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text
