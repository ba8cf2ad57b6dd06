"""Renames that replace nothing unseen: renameat2(2) of Linux, renameatx_np of macOS, links elsewhere."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Linux: RENAME_NOREPLACE, RENAME_EXCHANGE; macOS: RENAME_EXCL, RENAME_SWAP
NAME, NO_REPLACE, EXCHANGE = ("renameatx_np", 4, 2) if sys.platform == "darwin" else ("renameat2", 1, 2)
HERE = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}  # an old NFS, FUSE
_library: list[Any] = []  # the C library, once it was needed


def put(old: str, new: str, *, old_fd: int, new_fd: int) -> None:
    """Rename; raises FileExistsError where something is already.

    Raises:
        OSError: it cannot be.
    """
    try:
        _call(old, new, old_fd, new_fd, NO_REPLACE)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        os.link(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd, follow_symlinks=False)
        os.unlink(old, dir_fd=old_fd)


def swap(one: str, two: str, *, one_fd: int, two_fd: int) -> None:
    """Exchange two files in one step, or where that cannot be in three, none of which replaces anything.

    Raises:
        OSError: it cannot be.
    """
    try:
        _call(one, two, one_fd, two_fd, EXCHANGE)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        aside = f"{one}.aside"
        put(two, aside, old_fd=two_fd, new_fd=one_fd)
        put(one, two, old_fd=one_fd, new_fd=two_fd)
        put(aside, one, old_fd=one_fd, new_fd=one_fd)


def _call(old: str, new: str, old_fd: int, new_fd: int, flags: int) -> None:
    import ctypes  # 6 ms, and most syncs change nothing

    if not _library:
        _library.append(ctypes.CDLL(None, use_errno=True))
    renameat = getattr(_library[0], NAME, None)
    if renameat is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if renameat(old_fd, os.fsencode(old), new_fd, os.fsencode(new), flags):
        code = ctypes.get_errno()
        raise OSError(code, "something is there now" if code == errno.EEXIST else os.strerror(code), new)
