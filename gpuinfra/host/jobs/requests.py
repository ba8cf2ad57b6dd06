"""One request comes by stdin, and nothing of it is in a command line; its reply goes to stdout."""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, ENOSPC, EROFS

from gpuinfra.host import lean_json
from gpuinfra.host.jobs import frames, handlers
from gpuinfra.host.jobs.job_store import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NO_ROOM = (ENOSPC, EDQUOT, EROFS)
AS_TEXT = ("run", "attach", "logs")  # whoever asked reads what comes; the others parse it


def main() -> int:
    """Do what is asked; a reply goes to stdout as JSON, a refusal too, marked as one."""
    if sys.argv[1:2] == ["supervise"]:
        return handlers.supervise(sys.argv[2])
    request = read_request()
    as_text = request["verb"] in AS_TEXT
    try:
        reply = handlers.HANDLERS[request["verb"]](request)
    except JobError as error:
        return _refuse(error, as_text=as_text)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        hint = f"gpuinfra ssh{request['flags']} -- df -h"
        return _refuse(JobError(f"the host's disk: {error.strerror}", hint, code=5), as_text=as_text)
    if isinstance(reply, int):
        return reply
    sys.stdout.write(lean_json.dumps(reply))
    return 0


def read_request() -> dict[str, Any]:
    """Read one frame and not a byte more: what follows is for somebody else."""
    head = _exactly(frames.HEAD.size)
    request: dict[str, Any] = lean_json.loads(_exactly(frames.HEAD.unpack(head)[1]))
    return request


def _exactly(size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            raise SystemExit("the request was cut off")
        data += more
    return data


def _refuse(error: JobError, *, as_text: bool) -> int:
    if as_text:
        hint = f"  next: {error.hint}\n" if error.hint else ""
        sys.stderr.write(f"error: {error.message}\n{hint}")
        return error.code
    reply = {"refused": error.message, "hint": error.hint, "exit_code": error.code}
    sys.stdout.write(lean_json.dumps(reply))
    return 0
