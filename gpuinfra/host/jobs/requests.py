"""One request comes by stdin, and nothing of it is in a command line; its reply goes to stdout."""

from __future__ import annotations

import errno
import os
import sys

from gpuinfra.host.jobs import frames, handlers, lean_json
from gpuinfra.host.jobs.job_store import JobError

TYPE_CHECKING = False  # typing itself is not imported here and below: it costs each `run` 5 ms
if TYPE_CHECKING:
    from typing import Any

VERBS = {
    "run": handlers.run, "start": handlers.start, "attach": handlers.attach, "list": handlers.jobs,
    "view": handlers.view, "stop": handlers.stop, "wait": handlers.wait, "logs": handlers.logs,
    "live": handlers.live,
}  # fmt: skip
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
AS_TEXT = ("run", "attach", "logs")  # whoever asked reads what comes; the others parse it


def main() -> int:
    """Do what is asked; a reply goes to stdout as JSON, a refusal too, marked as one."""
    if sys.argv[1:2] == ["supervise"]:
        return handlers.supervise(sys.argv[2])
    asked = request()
    as_text = asked["verb"] in AS_TEXT
    try:
        answer = VERBS[asked["verb"]](asked)
    except JobError as refused:
        return _refuse(refused, as_text=as_text)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        hint = f"gpuinfra ssh{asked['flags']} -- df -h"
        return _refuse(JobError(f"the host's disk: {error.strerror}", hint, code=5), as_text=as_text)
    if isinstance(answer, int):
        return answer
    sys.stdout.write(lean_json.dumps(answer))
    return 0


def request() -> dict[str, Any]:
    """Read one frame and not a byte more: what follows is for somebody else."""
    head = _exactly(frames.HEAD.size)
    asked: dict[str, Any] = lean_json.loads(_exactly(frames.HEAD.unpack(head)[1]))
    return asked


def _exactly(size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            raise SystemExit("the request was cut off")
        data += more
    return data


def _refuse(refused: JobError, *, as_text: bool) -> int:
    if as_text:
        hint = f"  next: {refused.hint}\n" if refused.hint else ""
        sys.stderr.write(f"error: {refused.message}\n{hint}")
        return refused.code
    answer = {"refused": refused.message, "hint": refused.hint, "exit_code": refused.code}
    sys.stdout.write(lean_json.dumps(answer))
    return 0
