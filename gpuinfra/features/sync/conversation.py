"""What the laptop asks the host's end of a sync, and what that answers: a line of JSON each.

What few small files hold follows the line that places them, byte after byte.
"""

from __future__ import annotations

from gpuinfra.ground.reply import fits
from gpuinfra.host.lean_json import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

MOST_BYTES = 256 << 20  # a million files; who sends more is heard as one that hangs up


class SyncRefused(Exception):
    """The host cannot, or will not, or it must not be; `kind` is what of: owner, empty, words, os, much."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Conversation:
    """Requests to the host's end and its replies, a line of JSON each."""

    def __init__(self, replies: IO[bytes], requests: IO[bytes]) -> None:
        self._replies, self._requests = replies, requests

    def send(self, what: str, data: bytes = b"", **values: Any) -> None:
        """Ask, and do not wait."""
        self._requests.write(dumps({"what": what, **values}).encode() + b"\n" + data)
        self._requests.flush()

    def hear(self, shape: Any) -> Any:
        """Return the reply, which has a shape (ground/reply.py).

        Raises:
            SyncRefused: it refuses, or says something else.
            EOFError: the connection ended.
        """
        line = self._replies.readline(MOST_BYTES)
        if not line.endswith(b"\n"):
            raise EOFError
        try:
            reply = loads(line)
        except (ValueError, RecursionError):
            raise SyncRefused(f"the host says {line[:100]!r}", kind="words") from None
        if isinstance(reply, dict) and isinstance(reply.get("refused"), str):
            raise SyncRefused(reply["refused"], kind=str(reply.get("kind")))
        if not fits(reply, shape):
            raise SyncRefused(f"the host says {line[:100]!r}", kind="words")
        return reply

    def ask(self, what: str, shape: Any, **values: Any) -> Any:
        """Return the reply to a request; raises as `hear`."""
        self.send(what, **values)
        return self.hear(shape)
