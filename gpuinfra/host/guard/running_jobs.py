"""The running jobs of a host that ends: each supervisor is told, and saves once, all at the same time.

What is read and sent here is what any version of gpuinfra has left on the host: the files of a job's
directory (jobs/job_store.py) and one frame (jobs/frames.py). Nothing else of jobs/ is needed, which comes
with the first connection only.
"""

from __future__ import annotations

import fcntl
import glob
import os
import socket
import struct
import time
from contextlib import suppress

from gpuinfra.host.guard import kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STOP, SAVE, HEAD = b"t", b"v", struct.Struct(">cI")
JOBS = "/home/*/.local/share/gpuinfra/jobs"
POLL_S, TELL_S, UNANSWERED_S = 0.1, 5.0, 5.0
# What a supervisor has for the last words after its save was ended; the host goes down without it then.
SLACK_S = 3.0


def directories() -> list[str]:
    """Return the directories of all jobs that are kept."""
    pattern = os.environ.get("GPUINFRA_JOBS") or JOBS  # moved by tests
    return sorted(glob.glob(f"{pattern}/*"))


def running() -> list[str]:
    """Return the directories of the jobs whose supervisor lives and that have not ended."""
    return [path for path in directories() if _runs(path)]


def end(*, reason: str, deadline_s: float, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Tell each running job to end, wait until their saves are done; return how each ended."""
    began, paths = time.monotonic(), running()
    names_of = {path: _name(path) for path in paths}
    for path in paths:
        _stop(path, reason, max(1.0, deadline_s - SLACK_S))
    told = began
    while (left := [path for path in paths if _runs(path)]) and time.monotonic() - began < deadline_s:
        if time.monotonic() - told >= TELL_S:
            told = time.monotonic()
            names = ", ".join(names_of[path] for path in left)
            tell(f"saving {names} ({told - began:.0f} s of {deadline_s:.0f} s)")
        time.sleep(POLL_S)
    return [_ended(path, names_of[path]) for path in paths]


def save(*, why: str, deadline_s: float, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Let each running job that has a --save run that while it goes on; return how each went."""
    began, question = time.monotonic(), f"{time.time()}-{os.getpid()}"
    paths = [path for path in running() if kept.load(f"{path}/job.json").get("save")]
    for path in paths:
        _send(path, SAVE, f"{question} {why}")
    told = began
    while left := [path for path in paths if not _has_saved(path, question, time.monotonic() - began)]:
        waited_s = time.monotonic() - began
        if waited_s >= deadline_s:
            break
        if time.monotonic() - told >= TELL_S:
            told = time.monotonic()
            tell(f"saving {', '.join(map(_name, left))} ({waited_s:.0f} s of {deadline_s:.0f} s)")
        time.sleep(POLL_S)
    return [_saved(path, question) for path in paths]


def _has_saved(path: str, question: str, waited_s: float) -> bool:
    """Tell whether nothing more is to be waited for: it saved, ended, or does not know the question."""
    answer = kept.load(f"{path}/save.json")
    if answer.get("id") != question:
        return waited_s > UNANSWERED_S or not _runs(path)
    return answer.get("exit_code") is not None or not _runs(path)


def _saved(path: str, question: str) -> dict[str, Any]:
    answer, name = kept.load(f"{path}/save.json"), _name(path)
    job, code = {"job": os.path.basename(path)}, answer.get("exit_code")
    if answer.get("id") != question:
        return {**job, "save_code": None, "text": f"{name} did not answer (started by an earlier gpuinfra?)"}
    if code is None:
        return {**job, "save_code": None, "text": f"{name} has not saved in time"}
    how = "saved" if code == 0 else f"did not save: exit code {code}"
    seconds = float(answer.get("seconds", 0.0))
    return {**job, "save_code": code, "seconds": seconds, "text": f"{name} {how} ({seconds:.1f} s)"}


def _runs(path: str) -> bool:
    return not os.path.exists(f"{path}/end.json") and _is_locked(f"{path}/lock")


def _is_locked(path: str) -> bool:
    """Tell whether a supervisor holds its lock: the kernel lets it go when that dies."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _stop(path: str, reason: str, save_s: float) -> None:
    """Send the frame of `job stop`, with how long a save may take and why the host ends.

    A supervisor of before takes the frame and not its words: the job is "stopped by hand" then.
    """
    _send(path, STOP, f"{save_s:.0f} {reason}")


def _send(path: str, kind: bytes, text: str) -> None:
    words = text.encode()
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2.0)
        connection.connect(f"{path}/socket")
        connection.sendall(HEAD.pack(kind, len(words)) + words)


def _ended(path: str, name: str) -> dict[str, Any]:
    request, end = kept.load(f"{path}/job.json"), kept.load(f"{path}/end.json")
    if not os.path.exists(path):  # a run that was attached: its client has heard how, and nothing is kept
        return {"job": os.path.basename(path), "text": f"{name} ended, and its client was told"}
    if not end:
        return {"job": os.path.basename(path), "text": f"{name} did not end in time"}
    code = end.get("save_code")
    saved = f"saved (exit code {code})" if request.get("save") else "nothing to save"
    return {
        "job": os.path.basename(path), "name": request.get("name"), "command": request.get("command"),
        "created": request.get("created"), "save_code": code, "exit_code": end.get("exit_code"),
        "seconds": end.get("save_s"),
        "text": f"{name} {end.get('state')}, {saved}",
    }  # fmt: skip


def _name(path: str) -> str:
    kind = kept.load(f"{path}/job.json")
    return f"{kind.get('kind') or 'job'} {kind.get('name') or os.path.basename(path)}"
