"""Frames: how a laptop, its session on the host and a supervisor talk. Kind, length, payload."""

from __future__ import annotations

import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A laptop may meet a supervisor that another version of gpuinfra has started: these letters, and the fields
# of job.json and end.json, keep their meaning. Who must change one counts VERSION up; a job of a later one is
# refused.
VERSION = 1
# towards the job: a request, its input, the end of its input, a signal, the terminal's size, a sign of life,
# "end", "nobody reads what you print any more", "save, and go on"
REQUEST, INPUT, STDIN_EOF, SIGNAL = b"r", b"i", b"e", b"s"
SIZE, HEARTBEAT, STOP, STDOUT_CLOSED = b"w", b"h", b"t", b"c"
SAVE = b"v"
# from the job: its output and errors, its exit code
OUT, ERR, EXIT = b"1", b"2", b"x"

# The laptop gives a sign of life; a session that hears nothing for so long ends: it may hold up the job.
HEARTBEAT_S, HEARTBEAT_TIMEOUT_S = 5.0, 30.0
CHUNK = 65536
HEAD = struct.Struct(">cI")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # of an id: easy to type


def new_id() -> str:
    """Return an id of a job or a run."""
    return "".join(LETTERS[byte % len(LETTERS)] for byte in os.urandom(4))


def pack(kind: bytes, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return HEAD.pack(kind, len(payload)) + payload


class Frames:
    """Takes bytes as they come and gives back whole frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the frames that are whole now."""
        self._rest += data
        while len(self._rest) >= HEAD.size:
            kind, size = HEAD.unpack_from(self._rest)
            if len(self._rest) < HEAD.size + size:
                return
            payload = bytes(self._rest[HEAD.size : HEAD.size + size])
            del self._rest[: HEAD.size + size]
            yield kind, payload
