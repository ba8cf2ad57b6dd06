"""Frames: how a laptop, the seat on the host and a supervisor talk. One byte of kind, four of length."""

import os
import struct
from collections.abc import Iterator

# towards the job
REQUEST, INPUT, STDIN_EOF, SIGNAL, SIZE, HEARTBEAT, STOP, STDOUT_CLOSED = (
    b"r",
    b"i",
    b"e",
    b"s",
    b"w",
    b"h",
    b"t",
    b"c",
)
# from the job: its output and errors, its exit code
OUT, ERR, EXIT = b"1", b"2", b"x"

# The laptop beats while it lives; a seat that hears nothing for LOST_S gives up: it may hold up the job.
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
