"""Files written in one step: a crash leaves the old one or the new one, never half of one."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

# A state that cannot be written is a lost host; a plan, a state and its backup need far less than this.
MIN_FREE_MB = 100


def make_private(directory: Path) -> None:
    """Make a directory for its owner only, and so all that it makes above it, whatever the umask."""
    for level in (*reversed(directory.parents), directory):
        if not level.is_dir():
            level.mkdir(mode=0o700, exist_ok=True)


def is_ours_alone(directory: Path) -> bool:
    """Make a directory for its owner only; tell whether it is one."""
    try:
        make_private(directory)
        found = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only, in one step, never through a planted symlink."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
        part.replace(path)
    except BaseException:  # a full disk, say: half of a state, with its secrets, is not left behind
        part.unlink(missing_ok=True)
        raise


def append_private(path: Path, data: bytes) -> None:
    """Append to a record for its owner only, by one call, so that two commands do not mix their lines.

    What cannot be written (a full disk, a planted symlink) stops no command.
    """
    with suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Write the file in one step, so that a crash leaves the old or the new one (mode kept, else 0600).

    A symbolic link stays one: the file that it leads to is written.
    """
    path = path.resolve()
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        os.chmod(name, mode)  # noqa: PTH101 - a name from mkstemp
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
