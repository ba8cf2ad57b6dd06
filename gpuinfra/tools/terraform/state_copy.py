"""The state as it was before a run. Terraform empties its file, then writes it: kill -9 in between leaves
nothing, or a half.

The copy lies beside the state for as long as Terraform runs. Left behind, it tells that a run was killed; it
counts where the state was cut off then. Of a state that there was not yet the copy is empty.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpuinfra.tools.files import write_private


def is_cut_off(text: str) -> bool:
    """Tell whether a state holds nothing, or the first part of one."""
    return not text.rstrip().endswith("}")


def before(state: Path) -> str | None:
    """Return what a state held before the run that cut it off; None: there was no such run."""
    copy = _copy_of(state)
    return copy.read_text(encoding="utf-8", errors="replace") if copy.exists() else None


@contextmanager
def kept(state: Path) -> Iterator[None]:
    """Keep a copy while Terraform runs; a state that was cut off before gets its text back.

    A full disk keeps nobody from removing what costs money: then there is no copy.
    """
    if is_in_use(state):  # the copy is that of another run; Terraform will say who it is
        yield
        return
    copy = _copy_of(state)
    _put_back(state)
    copy.unlink(missing_ok=True)
    if not _is_damaged(state):
        with suppress(OSError):
            write_private(copy, state.read_bytes() if state.exists() else b"")
    try:
        yield
    finally:
        if not _is_damaged(state):
            copy.unlink(missing_ok=True)


def _copy_of(state: Path) -> Path:
    return state.with_name(f"{state.name}.before")


def _is_damaged(state: Path) -> bool:
    return state.exists() and is_cut_off(state.read_text(encoding="utf-8", errors="replace"))


def _put_back(state: Path) -> None:
    held = before(state)
    if held is None or not _is_damaged(state):
        return
    if held:
        write_private(state, held.encode())
    else:
        state.unlink()


def is_in_use(state: Path) -> bool:
    """Tell whether a Terraform holds its lock on this file."""
    if not state.exists():
        return False
    with suppress(PermissionError), state.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
